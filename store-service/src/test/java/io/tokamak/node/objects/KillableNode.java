package io.tokamak.node.objects;

import io.tokamak.memory.Processes;
import io.tokamak.node.local.LocalServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A node without Spring and without a cluster that kills itself with kill -9 at a step of its own:
 * the victim of the crash suite. It says {@code ready}; {@code arm STEP N} on its input ends it at
 * the Nth time that it comes by; {@code malformed} asks how many messages broke a rule.
 *
 * <p>Arguments: folder, bytes of the pool, then {@code --discard}, and {@code --arm STEP N} for the
 * steps of its start.
 */
final class KillableNode {
    private static final int SIGKILL = 9;

    private record Trap(String step, AtomicInteger left) {
        static Trap of(String step, String times) {
            return new Trap(step, new AtomicInteger(Integer.parseInt(times)));
        }
    }

    private static volatile @Nullable Trap trap;

    private KillableNode() {}

    @SuppressWarnings("SystemOut") // how the suite and its node talk
    public static void main(String[] arguments) throws IOException {
        List<String> options = List.of(arguments).subList(2, arguments.length);
        int armed = options.indexOf("--arm");
        if (armed >= 0) {
            trap = Trap.of(options.get(armed + 1), options.get(armed + 2));
        }
        StoreSettings settings =
                StoreSettings.of(Path.of(arguments[0]), Long.parseLong(arguments[1]))
                        .withDiscard(options.contains("--discard"))
                        .withSteps(KillableNode::reached);
        MemoryNames names = new MemoryNames();
        try (Store store = Store.open(settings, names);
                LocalServer server = new LocalServer(store, InstantSource.system());
                BufferedReader input =
                        new BufferedReader(
                                new InputStreamReader(System.in, StandardCharsets.US_ASCII))) {
            System.out.println("ready");
            for (String line = input.readLine(); line != null; line = input.readLine()) {
                String[] words = line.split(" ", -1);
                switch (words[0]) {
                    case "arm" -> trap = Trap.of(words[1], words[2]);
                    case "malformed" -> System.out.println("malformed " + server.malformedCount());
                    default -> throw new IllegalArgumentException(line);
                }
            }
        }
        System.exit(0);
    }

    private static void reached(String step) {
        Trap set = trap;
        if (set != null && set.step().equals(step) && set.left().decrementAndGet() == 0) {
            try {
                Processes.signal(Processes.pid(), SIGKILL);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
