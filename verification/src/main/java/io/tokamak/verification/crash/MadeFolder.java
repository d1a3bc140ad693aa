package io.tokamak.verification.crash;

import io.tokamak.checker.Severity;
import io.tokamak.checker.StoreChecker;
import io.tokamak.checker.StoreReport;
import io.tokamak.client.NodeInfo;
import io.tokamak.client.ObjectView;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.layout.Folder;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/**
 * A folder whose making is cut short at each step, by nodes that take over what the one before
 * left; then one with objects whose discarding is.
 */
final class MadeFolder {
    private static final long POOL_BYTES = 32L << 20;

    private static final List<String> MAKING =
            List.of(
                    "create.allocated",
                    "create.described",
                    "create.indexed",
                    "create.finished",
                    "start.nonce");

    private static final List<String> DISCARDING =
            List.of("discard.removed", "create.allocated", "create.described", "create.indexed");

    private final Folder folder;
    private final Consumer<String> lines;

    MadeFolder(Path path, Consumer<String> lines) {
        this.folder = new Folder(path);
        this.lines = lines;
    }

    /**
     * @throws IllegalStateException saying what is wrong
     */
    void run() throws IOException {
        for (String step : MAKING) {
            kill(step, "");
        }
        useNew();
        kill("discard.retired", "--discard");
        // Whoever has marked the store must finish: nobody else is told to.
        for (String step : DISCARDING) {
            kill(step, "");
        }
        ObjectId id = useNew();
        try (Child _ = Nodes.start(folder, POOL_BYTES, lines);
                TokamakClient client = Nodes.connect(folder)) {
            require(client.contains(id), "an object is lost");
        }
    }

    private void kill(String step, String option) throws IOException {
        String[] options = option.isEmpty() ? new String[0] : new String[] {option};
        require(
                Nodes.startKilled(folder, POOL_BYTES, lines, step, 1, options),
                "a start did not come by " + step);
    }

    /** No node was ever here, as far as a client sees: all is free, and can be used. */
    private ObjectId useNew() throws IOException {
        byte[] payload = Pattern.bytes(3_000_000, 7);
        try (Child _ = Nodes.start(folder, POOL_BYTES, lines);
                TokamakClient client = Nodes.connect(folder)) {
            NodeInfo.Ledger ledger = client.node().ledger();
            require(ledger.free() == ledger.capacity(), "not all of it is free: " + ledger);
            ObjectId id = client.put(payload, PutOptions.DEFAULTS).id();
            try (ObjectView view = client.get(id, Deadline.after(Duration.ofSeconds(20)))) {
                String wrong = Pattern.verify(view.segment());
                require(wrong == null, "wrong bytes: " + wrong);
            }
            StoreReport report = StoreChecker.check(folder, StoreChecker.Mode.LIVE);
            require(
                    report.findings(Severity.WARNING).isEmpty(),
                    "the checker finds " + report.findings(Severity.WARNING));
            return id;
        }
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }
}
