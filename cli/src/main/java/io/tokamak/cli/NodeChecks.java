package io.tokamak.cli;

import io.tokamak.checker.Finding;
import io.tokamak.checker.Severity;
import io.tokamak.checker.StoreChecker;
import io.tokamak.checker.StoreReport;
import io.tokamak.client.Locality;
import io.tokamak.client.NodeInfo;
import io.tokamak.client.TokamakClient;
import io.tokamak.layout.Folder;
import io.tokamak.objects.ByteSize;
import io.tokamak.objects.TokamakException;
import java.io.IOException;
import java.nio.file.Files;
import org.jspecify.annotations.Nullable;

/** Whether the node answers, and whether its store keeps the invariants. */
final class NodeChecks {
    private static final int PINGS = 20;

    private final Diagnosis diagnosis;
    private final Connection connection;
    private final StoreChecker.Mode mode;

    NodeChecks(Diagnosis diagnosis, Connection connection, StoreChecker.Mode mode) {
        this.diagnosis = diagnosis;
        this.connection = connection;
        this.mode = mode;
    }

    void run() throws IOException {
        StoreReport report = null;
        try (TokamakClient client = connection.connect()) {
            checkNode(client);
            NodeInfo.Ledger before = client.node().ledger();
            report = checkStore();
            if (report != null && report.stable()) {
                compare(before, client.node().ledger(), report.ledger());
            }
        } catch (TokamakException failed) {
            diagnosis.broken("node", failed.detail(), failed.remedy());
            if (report == null) {
                checkStore();
            }
        }
    }

    private void checkNode(TokamakClient client) {
        Ping ping = Ping.best(client, PINGS);
        NodeInfo info = ping.node();
        diagnosis.ok(
                "node",
                "%s is %s since %s, answers in %d us; %d objects, %d sessions"
                        .formatted(
                                info.id(),
                                info.state(),
                                info.startedAt(),
                                ping.micros(),
                                info.objects(),
                                info.sessions().size()));
        Locality locality = client.locality();
        if (locality.zeroCopy()) {
            diagnosis.ok("zero-copy", locality.reason());
        } else {
            diagnosis.warn(
                    "zero-copy", "off: " + locality.reason(), "see permissions and co-location");
        }
    }

    private @Nullable StoreReport checkStore() throws IOException {
        Folder folder = connection.folder();
        if (!Files.isReadable(folder.store())
                || !Files.isReadable(folder.index())
                || !Files.isReadable(folder.pool())) {
            return null;
        }
        StoreReport report = StoreChecker.check(folder, mode);
        for (Finding finding : report.findings()) {
            diagnosis.add(
                    state(finding.severity()),
                    "I" + finding.invariant() + " " + finding.check().code(),
                    finding.place() + ": " + finding.what(),
                    finding.remedy());
        }
        StoreReport.Ledger ledger = report.ledger();
        if (report.isSound()) {
            diagnosis.ok(
                    "invariants",
                    "%d objects hold %s; free %s, leased %s, condemned %s, withheld %s, together %s%s"
                            .formatted(
                                    ledger.objects(),
                                    ByteSize.format(ledger.inUse()),
                                    ByteSize.format(ledger.free()),
                                    ByteSize.format(ledger.leased()),
                                    ByteSize.format(ledger.condemned()),
                                    ByteSize.format(ledger.withheld()),
                                    ByteSize.format(ledger.capacity()),
                                    report.stable() ? "" : " (it changed meanwhile)"));
        }
        return report;
    }

    private static Diagnosis.State state(Severity severity) {
        return switch (severity) {
            case INFO -> Diagnosis.State.NOTE;
            case WARNING -> Diagnosis.State.WARN;
            case ERROR -> Diagnosis.State.BROKEN;
        };
    }

    /** Two that count by themselves come to the same result, if nothing happened between. */
    private void compare(NodeInfo.Ledger before, NodeInfo.Ledger said, StoreReport.Ledger counted) {
        if (!said.equals(before)) {
            diagnosis.note("ledger", "the node was at work, so its ledger cannot be compared", "");
        } else if (said.inUse() != counted.inUse()
                || said.leased() != counted.leased()
                || said.condemned() != counted.condemned()
                || said.free() + said.withheld() != counted.free() + counted.withheld()) {
            diagnosis.warn(
                    "ledger",
                    "the node says %s, its files say in use %d, free %d, leased %d, condemned %d, withheld %d"
                            .formatted(
                                    said,
                                    counted.inUse(),
                                    counted.free(),
                                    counted.leased(),
                                    counted.condemned(),
                                    counted.withheld()),
                    "look again; if it stays so, restart the node, which counts anew, and report"
                            + " it");
        } else {
            diagnosis.ok("ledger", "the node's is the same as that of its files");
        }
    }
}
