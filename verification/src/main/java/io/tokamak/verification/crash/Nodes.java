package io.tokamak.verification.crash;

import io.tokamak.client.ConnectOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.layout.Folder;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Nodes in JVMs of their own, and the suite's way to them. */
final class Nodes {
    private static final String NODE = "io.tokamak.node.objects.KillableNode";
    private static final String READY = "ready";
    private static final long WAIT_NANOS = TimeUnit.SECONDS.toNanos(20);

    private Nodes() {}

    /**
     * A node that serves the folder.
     *
     * @param lines gets what it says besides
     * @param options of the node
     * @throws IllegalStateException when it does not start
     */
    static Child start(Folder folder, long poolBytes, Consumer<String> lines, String... options)
            throws IOException {
        Child node = launch(folder, poolBytes, lines, options);
        String answer = node.answer();
        if (!answer.equals(READY)) {
            node.close();
            throw new IllegalStateException("the node does not start: " + answer);
        }
        return node;
    }

    /**
     * Starts a node that kills itself at a step of its start.
     *
     * @param times at which time that it comes by
     * @return whether it came by so often; if not, it was ready and is killed then
     */
    static boolean startKilled(
            Folder folder,
            long poolBytes,
            Consumer<String> lines,
            String step,
            int times,
            String... options)
            throws IOException {
        List<String> armed = new ArrayList<>(List.of(options));
        armed.addAll(List.of("--arm", step, Integer.toString(times)));
        Child node = launch(folder, poolBytes, lines, armed.toArray(String[]::new));
        String answer = node.answer();
        boolean isReady = answer.equals(READY);
        int status = node.kill();
        if (!isReady && status != Child.KILLED_STATUS) {
            throw new IllegalStateException(
                    "the start to be killed at %s ended with status %d: %s"
                            .formatted(step, status, answer));
        }
        return !isReady;
    }

    /** The suite's own client, which outlives its nodes. */
    static TokamakClient connect(Folder folder) {
        return TokamakClient.connect(
                ConnectOptions.defaults()
                        .withFolder(folder.path())
                        .withName("survivor")
                        .withTimeout(Duration.ofSeconds(30)));
    }

    /**
     * Waits until the condition holds.
     *
     * @throws IllegalStateException when it does not within 20 s
     */
    static void await(String what, BooleanSupplier condition) {
        long begun = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - begun > WAIT_NANOS) {
                throw new IllegalStateException("not within 20 s: " + what);
            }
            LockSupport.parkNanos(2_000_000);
        }
    }

    private static Child launch(
            Folder folder, long poolBytes, Consumer<String> lines, String... options)
            throws IOException {
        List<String> arguments = new ArrayList<>();
        arguments.add(folder.path().toString());
        arguments.add(Long.toString(poolBytes));
        arguments.addAll(List.of(options));
        return Child.start("node", lines, NODE, arguments.toArray(String[]::new));
    }
}
