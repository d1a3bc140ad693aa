package io.tokamak.verification.crash;

import io.tokamak.checker.Finding;
import io.tokamak.checker.Severity;
import io.tokamak.checker.StoreChecker;
import io.tokamak.checker.StoreReport;
import io.tokamak.client.NodeInfo;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.layout.Folder;
import io.tokamak.memory.KillPoint;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.TokamakException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The survivor: starts nodes and clients, kills them, and holds what is left against what was
 * promised. {@link Plan} has its arguments.
 */
final class CrashSuite implements AutoCloseable {
    private static final long POOL_BYTES = 192L << 20;
    private static final int WORKERS = 2;

    /** At no step of its own. */
    private static final String AT_RANDOM = "random";

    /**
     * Where the node kills itself, and how often at most it comes by before; then the starts behind
     * it are killed, one after the other.
     */
    private record Step(String name, int times, List<Start> starts) {
        Step(String name, int times, Start... starts) {
            this(name, times, List.of(starts));
        }
    }

    /**
     * Where a start is killed.
     *
     * @param times how often at most it comes by before
     * @param isSure whether every start comes by
     */
    private record Start(String name, int times, boolean isSure) {
        static Start at(String name) {
            return new Start(name, 1, true);
        }

        /** Where a start comes by that finds something to mend. */
        static Start perhaps(String name, int times) {
            return new Start(name, times, false);
        }
    }

    private static final List<Step> STEPS =
            List.of(
                    new Step("drain.published", 300, Start.perhaps("drain.published", 1)),
                    new Step("drain.advanced", 300, Start.perhaps("drain.advanced", 1)),
                    new Step(
                            "drain.claiming",
                            3,
                            Start.perhaps("recovery.unclaimed", 1),
                            Start.perhaps("drain.claiming", 1)),
                    new Step("claim.sent", 3, Start.at("recovery.claimed")),
                    new Step("drain.closed", 10, Start.perhaps("drain.closed", 1)),
                    new Step("length.proven", 10),
                    new Step("length.stored", 10, Start.perhaps("length.stored", 1)),
                    new Step("delete.condemned", 500, Start.at("recovery.walked")),
                    new Step("free.unpinned", 500, Start.at("recovery.drained")),
                    new Step("free.emptied", 500, Start.at("recovery.indexed")),
                    new Step("split.copied", 60, Start.at("recover.cleared")),
                    new Step(
                            "split.advanced",
                            60,
                            Start.perhaps("recover.emptied", 1),
                            Start.at("recover.counted")),
                    new Step("split.emptied", 60, Start.perhaps("recover.unlinked", 50)),
                    new Step("split.shortening", 20, Start.perhaps("recover.emptied", 1)),
                    new Step("split.shortened", 20, Start.perhaps("recover.unlinked", 5)),
                    new Step("bury.locked", 1, Start.at("recovery.opened")),
                    new Step("bury.drained", 1, Start.at("recovery.named")),
                    new Step("bury.released", 1, Start.at("start.nonce")),
                    new Step(AT_RANDOM, 1, Start.at("recovery.opened"), Start.at("start.renewed")));

    /** Where a client kills itself, and how often at most it comes by before. */
    private record ClientStep(String name, int times) {}

    private static final List<ClientStep> CLIENT_STEPS =
            List.of(
                    new ClientStep("put.copied", 200),
                    new ClientStep("put.written", 200),
                    new ClientStep("put.committed", 200),
                    new ClientStep("put.rung", 200),
                    new ClientStep("put.answered", 10),
                    new ClientStep("lane.leased", 3),
                    new ClientStep("lane.entered", 5),
                    new ClientStep("get.stored", 50),
                    new ClientStep("get.fenced", 50),
                    new ClientStep("view.closed", 50));

    private final Plan plan;
    private final long seed;
    private final Random random;
    private final Path parent;
    private final Folder folder;
    private final Expectations expectations = new Expectations();
    private final List<Child> workers = new ArrayList<>();
    private final Map<String, Integer> startsKilled = new TreeMap<>();

    /** How often a node or a client ended at each step at which it was to. */
    private final Map<String, Integer> stepsReached = new TreeMap<>();

    private Child node;
    private int workersStarted;
    private int passed;
    private int failed;

    private CrashSuite(Plan plan) throws IOException {
        this.plan = plan;
        seed = plan.seed();
        random = new Random(seed);
        parent = Files.createTempDirectory(Path.of("/dev/shm"), "tokamak-crash-");
        folder = new Folder(parent.resolve("node"));
        node = startNode();
    }

    @SuppressWarnings("SystemOut") // its report
    public static void main(String[] arguments) throws IOException {
        Plan plan = Plan.parse(arguments);
        System.out.println("crash suite, --seed " + plan.seed());
        int failures;
        try (CrashSuite suite = new CrashSuite(plan)) {
            failures = suite.run();
        }
        System.exit(failures == 0 ? 0 : 1);
    }

    @SuppressWarnings("SystemOut") // its report
    private int run() throws IOException {
        long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(plan.seconds());
        if (plan.includes("reader")) {
            test(
                    "I12: a stopped reader reads on unharmed, and kill -9 frees what it held",
                    this::stoppedReader);
        }
        if (plan.includes("folder")) {
            test(
                    "I28, I32: nodes killed at each step of making their folder, and of discarding"
                            + " one",
                    () -> new MadeFolder(parent.resolve("made"), expectations::heard).run());
        }
        if (plan.includes("large")) {
            test(
                    "I19, I28: writers of more than 2 GiB killed in the middle and behind the"
                            + " commit",
                    () -> new LargeObject(parent.resolve("large"), expectations::heard).run());
        }
        killInRounds(endNanos);
        if (!plan.isBrief()) {
            test(
                    "I19, I29: each step at which something was to be killed was reached",
                    this::reached);
        }
        System.out.println("steps reached: " + stepsReached);
        System.out.println("starts killed: " + startsKilled);
        System.out.printf("%d passed, %d failed%n", passed, failed);
        return failed;
    }

    private void killInRounds(long endNanos) throws IOException {
        List<Step> steps = STEPS.stream().filter(step -> plan.includes(step.name())).toList();
        List<ClientStep> clientSteps =
                CLIENT_STEPS.stream()
                        .filter(step -> plan.includes("writer") || plan.includes(step.name()))
                        .toList();
        boolean killsWriters = !clientSteps.isEmpty();
        int rounds = steps.isEmpty() && !killsWriters ? 0 : plan.rounds();
        while (rounds > 0 && workers.size() < WORKERS) {
            workers.add(startWorker());
        }
        for (int round = 0; round < rounds && System.nanoTime() < endNanos; round++) {
            if (!steps.isEmpty()) {
                Step step = steps.get((round + (int) (seed & 0xFF)) % steps.size());
                int times = 1 + random.nextInt(step.times());
                test(
                        "I29, I21, I28: node to be killed at %s, time %d"
                                .formatted(step.name(), times),
                        () -> killNode(step, times));
            }
            if (killsWriters && (steps.isEmpty() || round % 3 == 1)) {
                killWriter(clientSteps.get(round % clientSteps.size()));
            }
            if (plan.isBrief() && failed > 0) {
                return;
            }
        }
    }

    /** A kill somewhere else is worth something, too, but says nothing of the step. */
    private void reached() {
        List<String> never =
                stepsReached.entrySet().stream()
                        .filter(step -> step.getValue() == 0)
                        .map(Map.Entry::getKey)
                        .toList();
        if (!never.isEmpty()) {
            throw new IllegalStateException("never reached: " + never);
        }
    }

    /** Kills it where it is, if it does not come by the step often enough in that time. */
    private void endAt(String step, Child victim, long millis) {
        boolean isReached = victim.endsWithin(millis);
        int status = victim.kill();
        if (status != Child.KILLED_STATUS) {
            throw new IllegalStateException(
                    "%s, to be killed at %s, ended with status %d"
                            .formatted(victim.name, step, status));
        }
        stepsReached.merge(step, isReached ? 1 : 0, Integer::sum);
    }

    private void killWriter(ClientStep step) throws IOException {
        if (plan.includes("writer") && random.nextInt(3) == 0) {
            test(
                    "I19, I12: a writer killed at random leaves whole objects and no bytes",
                    () -> {
                        Child victim = workers.remove(random.nextInt(workers.size()));
                        victim.endsWithin(random.nextInt(300));
                        killWorker(victim, victim::kill);
                    });
            return;
        }
        int times = 1 + random.nextInt(step.times());
        test(
                "I19, I12: a writer to be killed at %s, time %d, leaves whole objects and no bytes"
                        .formatted(step.name(), times),
                () -> {
                    String armed = "-D%s=%s:%d".formatted(KillPoint.PROPERTY, step.name(), times);
                    Child victim = startWorker(armed);
                    killWorker(victim, () -> endAt(step.name(), victim, 5_000));
                });
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
        } catch (IllegalStateException | TokamakException e) {
            wrong = String.valueOf(e);
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
        return Nodes.start(folder, POOL_BYTES, expectations::heard);
    }

    private Child startWorker(String... jvmOptions) throws IOException {
        workersStarted++;
        Child worker =
                Child.start(
                        "worker " + workersStarted,
                        expectations::heard,
                        List.of(jvmOptions),
                        Worker.class.getName(),
                        folder.path().toString(),
                        Long.toString(seed + workersStarted));
        worker.expect("ready");
        return worker;
    }

    // The node.

    private void killNode(Step step, int times) throws IOException {
        if (step.name().equals(AT_RANDOM)) {
            node.endsWithin(random.nextInt(800));
            node.kill();
        } else {
            node.say("arm %s %d".formatted(step.name(), times));
            if (step.name().startsWith("bury")) {
                workers.removeFirst().kill();
            }
            if (!node.endsWithin(2_500)) {
                node.say("arm %s 1".formatted(step.name())); // it does not come by that often
            }
            endAt(step.name(), node, 2_500);
        }
        if (random.nextInt(3) == 0) {
            Child victim = workers.removeFirst();
            victim.endsWithin(random.nextInt(100)); // what it commits now nobody drains
            victim.kill();
        }
        for (Start start : step.starts()) {
            int count = 1 + random.nextInt(start.times());
            boolean isKilled =
                    Nodes.startKilled(folder, POOL_BYTES, expectations::heard, start.name(), count);
            if (isKilled) {
                startsKilled.merge(start.name(), 1, Integer::sum);
            } else if (start.isSure()) {
                throw new IllegalStateException("a start did not come by " + start.name());
            }
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
            try (TokamakClient client = Nodes.connect(folder)) {
                // Drains all lanes.
                client.contains(client.put(new byte[1], PutOptions.DEFAULTS).id());
                Nodes.await(
                        "dead sessions are buried",
                        () -> client.node().sessions().size() == workers.size() + 1);
                Nodes.await("unpinned bytes are freed", () -> isFreed(client.node()));
                check(client);
            }
        } finally {
            for (Child worker : workers) {
                worker.say("resume");
            }
        }
    }

    private static boolean isFreed(NodeInfo node) {
        return node.ledger().condemned() <= node.ledger().pinned();
    }

    private void check(TokamakClient client) throws IOException {
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
        Nodes.await("the node's ledger is that of the files", () -> isLedgerOfFiles(client));
        torn.forEach(wrong -> expectations.heard("wrong bytes of " + wrong));
        expectations.compare(present);
    }

    /** What the node found at its start and has kept up since: nothing has leaked. */
    private boolean isLedgerOfFiles(TokamakClient client) {
        NodeInfo.Ledger node = client.node().ledger();
        StoreReport.Ledger files;
        try {
            files = StoreChecker.check(folder, StoreChecker.Mode.STRICT).ledger();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return node.inUse() == files.inUse()
                && node.leased() == files.leased()
                && node.condemned() == files.condemned()
                && node.free() + node.withheld() == files.free() + files.withheld();
    }

    // Clients.

    private void killWorker(Child victim, Runnable kill) throws IOException {
        try (TokamakClient client = Nodes.connect(folder)) {
            kill.run();
            long begun = System.nanoTime();
            Nodes.await(
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
        while (workers.size() < WORKERS) {
            workers.add(startWorker());
        }
        look();
    }

    private void stoppedReader() throws IOException {
        try (TokamakClient client = Nodes.connect(folder);
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
            Nodes.await("freed", () -> client.node().ledger().condemned() == 0);
            long millis = (System.nanoTime() - begun) / 1_000_000;
            if (millis > 1_000) {
                throw new IllegalStateException("freed after %d ms".formatted(millis));
            }
            check(client);
        }
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
