package io.tokamak.verification.crash;

import io.tokamak.checker.Finding;
import io.tokamak.checker.Severity;
import io.tokamak.checker.StoreChecker;
import io.tokamak.checker.StoreReport;
import io.tokamak.client.ConnectOptions;
import io.tokamak.client.NodeInfo;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.layout.Folder;
import io.tokamak.objects.ObjectId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * The survivor: starts nodes and clients, kills them, and holds what is left against what was
 * promised. {@code --seed N --rounds N --seconds N}.
 */
final class CrashSuite implements AutoCloseable {
    private static final long POOL_BYTES = 192L << 20;
    private static final int WORKERS = 2;
    private static final String NODE = "io.tokamak.node.objects.KillableNode";

    /** Where the node kills itself, and how often at most it comes by before. */
    private record Step(String name, int times) {}

    private static final List<Step> STEPS =
            List.of(
                    new Step("drain.published", 300),
                    new Step("drain.advanced", 300),
                    new Step("drain.closed", 10),
                    new Step("delete.condemned", 500),
                    new Step("free.unpinned", 500),
                    new Step("free.emptied", 500),
                    new Step("split.copied", 60),
                    new Step("split.advanced", 60),
                    new Step("split.emptied", 60),
                    new Step("split.shortening", 20),
                    new Step("split.shortened", 20),
                    new Step("bury.locked", 1),
                    new Step("bury.drained", 1),
                    new Step("bury.released", 1),
                    new Step("at random", 1));

    private final long seed;
    private final Random random;
    private final Path parent;
    private final Folder folder;
    private final Expectations expectations = new Expectations();
    private final List<Child> workers = new ArrayList<>();
    private Child node;
    private int workersStarted;
    private int passed;
    private int failed;

    private CrashSuite(long seed) throws IOException {
        this.seed = seed;
        random = new Random(seed);
        parent = Files.createTempDirectory(Path.of("/dev/shm"), "tokamak-crash-");
        folder = new Folder(parent.resolve("node"));
        node = startNode();
    }

    @SuppressWarnings("SystemOut") // its report
    public static void main(String[] arguments) throws IOException {
        long seed = System.nanoTime();
        int rounds = 60;
        long seconds = 270;
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            long value = Long.parseLong(arguments[i + 1]);
            switch (arguments[i]) {
                case "--seed" -> seed = value;
                case "--rounds" -> rounds = Math.toIntExact(value);
                case "--seconds" -> seconds = value;
                default -> throw new IllegalArgumentException(arguments[i]);
            }
        }
        System.out.println("crash suite, --seed " + seed);
        int failures;
        try (CrashSuite suite = new CrashSuite(seed)) {
            failures = suite.run(rounds, System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds));
        }
        System.exit(failures == 0 ? 0 : 1);
    }

    @SuppressWarnings("SystemOut") // its report
    private int run(int rounds, long endNanos) throws IOException {
        test(
                "I12: a stopped reader reads on unharmed, and kill -9 frees what it held",
                this::stoppedReader);
        while (workers.size() < WORKERS) {
            workers.add(startWorker());
        }
        for (int round = 0; round < rounds && System.nanoTime() < endNanos; round++) {
            Step step = STEPS.get((round + (int) (seed & 0xFF)) % STEPS.size());
            int times = 1 + random.nextInt(step.times());
            test(
                    "I29, I21, I28: node killed at %s, time %d".formatted(step.name(), times),
                    () -> killNode(step, times));
            if (round % 3 == 1) {
                test(
                        "I19, I12: a writer killed at random leaves whole objects and no bytes",
                        this::killWorker);
            }
        }
        System.out.printf("%d passed, %d failed%n", passed, failed);
        return failed;
    }

    private interface Test {
        void run() throws IOException;
    }

    @SuppressWarnings("SystemOut") // its report
    private void test(String name, Test test) throws IOException {
        long begun = System.nanoTime();
        String wrong = "";
        try {
            test.run();
        } catch (IllegalStateException e) {
            wrong = String.valueOf(e.getMessage());
        }
        for (String line : expectations.takeWrong()) {
            wrong += "\n    " + line;
        }
        if (wrong.isEmpty()) {
            passed++;
        } else {
            failed++;
        }
        System.out.printf(
                "%s %s (%d ms)%s%n",
                wrong.isEmpty() ? "passed" : "FAILED",
                name,
                (System.nanoTime() - begun) / 1_000_000,
                wrong.isEmpty() ? "" : ": " + wrong);
        if (!wrong.isEmpty() && !node.isAlive()) {
            node.close();
            node = startNode();
        }
    }

    private Child startNode() throws IOException {
        Child started =
                Child.start(
                        "node",
                        expectations::heard,
                        NODE,
                        folder.path().toString(),
                        Long.toString(POOL_BYTES));
        String answer = started.answer();
        if (!answer.equals("ready")) {
            started.close();
            throw new IllegalStateException("the node does not start: " + answer);
        }
        return started;
    }

    private Child startWorker() throws IOException {
        workersStarted++;
        Child worker =
                Child.start(
                        "worker " + workersStarted,
                        expectations::heard,
                        Worker.class.getName(),
                        folder.path().toString(),
                        Long.toString(seed + workersStarted));
        worker.expect("ready");
        return worker;
    }

    private TokamakClient connect() {
        return TokamakClient.connect(
                ConnectOptions.defaults()
                        .withFolder(folder.path())
                        .withName("survivor")
                        .withTimeout(Duration.ofSeconds(30)));
    }

    // The node.

    private void killNode(Step step, int times) throws IOException {
        if (step.name().equals("at random")) {
            node.endsWithin(random.nextInt(800));
        } else {
            node.say("arm %s %d".formatted(step.name(), times));
            if (step.name().startsWith("bury")) {
                workers.removeFirst().kill();
                node.endsWithin(2_000);
            } else {
                node.endsWithin(2_500);
            }
        }
        node.kill(); // where it did not come by often enough
        if (random.nextInt(4) == 0) {
            workers.removeFirst().kill();
        }
        node = startNode();
        while (workers.size() < WORKERS) {
            workers.add(startWorker());
        }
        look();
    }

    /** With every writer at rest, holds the store against the promises. */
    private void look() throws IOException {
        for (Child worker : workers) {
            worker.say("pause");
        }
        try {
            for (Child worker : workers) {
                worker.expect("paused");
            }
            try (TokamakClient client = connect()) {
                // Drains all lanes.
                client.contains(client.put(new byte[1], PutOptions.DEFAULTS).id());
                eventually(
                        "dead sessions are buried",
                        () -> client.node().sessions().size() == workers.size() + 1);
                eventually("unpinned bytes are freed", () -> isFreed(client.node()));
            }
            check();
        } finally {
            for (Child worker : workers) {
                worker.say("resume");
            }
        }
    }

    private static boolean isFreed(NodeInfo node) {
        return node.ledger().condemned() <= node.ledger().pinned();
    }

    private void check() throws IOException {
        Set<ObjectId> present = new HashSet<>();
        List<String> torn = new ArrayList<>();
        StoreReport report =
                StoreChecker.check(
                        folder,
                        StoreChecker.Mode.STRICT,
                        (id, _, payload) -> {
                            present.add(id);
                            String wrong = Pattern.verify(payload);
                            if (wrong != null) {
                                torn.add(id + ": " + wrong);
                            }
                            return wrong;
                        });
        for (Finding finding : report.findings(Severity.WARNING)) {
            expectations.heard("wrong " + finding);
        }
        if (report.ledger().sum() != report.ledger().capacity()) {
            expectations.heard("wrong ledger: " + report.ledger());
        }
        torn.forEach(wrong -> expectations.heard("wrong bytes of " + wrong));
        expectations.compare(present);
    }

    private static void eventually(String what, BooleanSupplier condition) {
        long begun = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - begun > 20_000_000_000L) {
                throw new IllegalStateException("not within 20 s: " + what);
            }
            java.util.concurrent.locks.LockSupport.parkNanos(2_000_000);
        }
    }

    // Clients.

    private void killWorker() throws IOException {
        Child victim = workers.remove(random.nextInt(workers.size()));
        victim.endsWithin(random.nextInt(300));
        try (TokamakClient client = connect()) {
            victim.kill();
            long begun = System.nanoTime();
            eventually(
                    "its session is gone",
                    () ->
                            client.node().sessions().stream()
                                    .noneMatch(session -> session.pid() == victim.pid()));
            long millis = (System.nanoTime() - begun) / 1_000_000;
            if (millis > 1_000) {
                throw new IllegalStateException(
                        "its memory came back after %d ms".formatted(millis));
            }
        }
        workers.add(startWorker());
        look();
    }

    private void stoppedReader() throws IOException {
        try (TokamakClient client = connect();
                Child holder =
                        Child.start(
                                "holder",
                                expectations::heard,
                                Holder.class.getName(),
                                folder.path().toString())) {
            holder.expect("ready");
            List<ObjectId> ids = new ArrayList<>();
            long pinnedBytes = 0;
            for (int i = 0; i < 200; i++) {
                byte[] payload = Pattern.bytes(64 + random.nextInt(20_000), random.nextLong());
                ObjectId id = client.put(payload, PutOptions.DEFAULTS).id();
                ids.add(id);
                pinnedBytes += payload.length;
                holder.say(id.toString());
                holder.expect("pinned " + id);
            }
            holder.signal(Child.SIGSTOP);
            client.deleteAll(ids);
            churn(client);
            node.kill();
            node = startNode();
            churn(client);
            holder.signal(Child.SIGCONT);
            holder.say("verify");
            holder.expect("right");
            if (client.node().ledger().condemned() < pinnedBytes) {
                throw new IllegalStateException("pinned bytes are not held");
            }
            holder.kill();
            long begun = System.nanoTime();
            eventually("freed", () -> client.node().ledger().condemned() == 0);
            long millis = (System.nanoTime() - begun) / 1_000_000;
            if (millis > 1_000) {
                throw new IllegalStateException("freed after %d ms".formatted(millis));
            }
        }
        check();
    }

    /** Uses the whole pool twice. */
    private void churn(TokamakClient client) {
        byte[] payload = Pattern.bytes(200_000, random.nextLong());
        List<ObjectId> ids = new ArrayList<>();
        for (long bytes = 0; bytes < 2 * POOL_BYTES; bytes += payload.length) {
            ids.add(client.put(payload, PutOptions.DEFAULTS).id());
            if (ids.size() == 400) {
                client.deleteAll(ids);
                ids.clear();
            }
        }
        client.deleteAll(ids);
    }

    @Override
    public void close() throws IOException {
        workers.forEach(Child::close);
        node.close();
        try (Stream<Path> all = Files.walk(parent)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
