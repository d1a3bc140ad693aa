package io.tokamak.cli;

import io.tokamak.client.Locality;
import io.tokamak.client.NodeInfo;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.TokamakException;
import java.time.Duration;
import java.time.Instant;

/** Whether a gateway answers, for whom, and how objects come from it. */
final class GatewayChecks {
    private static final int PINGS = 20;
    private static final Duration CLOCK_SLACK = Duration.ofSeconds(2);

    private final Diagnosis diagnosis;
    private final Connection connection;

    GatewayChecks(Diagnosis diagnosis, Connection connection) {
        this.diagnosis = diagnosis;
        this.connection = connection;
    }

    void run() {
        try (TokamakClient client = connection.connect()) {
            Ping ping = Ping.best(client, PINGS);
            NodeInfo node = ping.node();
            diagnosis.ok(
                    "gateway",
                    "%s answers in %d us; its node %s is %s since %s, with %d objects"
                            .formatted(
                                    connection,
                                    ping.micros(),
                                    node.id(),
                                    node.state(),
                                    node.startedAt(),
                                    node.objects()));
            checkClock(node);
            checkLocality(client.locality());
        } catch (TokamakException failed) {
            diagnosis.broken("gateway", failed.detail(), failed.remedy());
        }
    }

    private void checkClock(NodeInfo node) {
        Duration ahead = Duration.between(Instant.now(), node.startedAt());
        if (ahead.compareTo(CLOCK_SLACK) > 0) {
            diagnosis.warn(
                    "clock",
                    "the node says that it was started in " + ahead.toSeconds() + " s from now",
                    "set both hosts' clocks by the same servers; times of expiry are by the"
                            + " node's");
        }
    }

    private void checkLocality(Locality locality) {
        if (locality.zeroCopy()) {
            diagnosis.ok("zero-copy", locality.reason());
            return;
        }
        String reason = locality.reason();
        String remedy;
        if (reason.startsWith("permission")) {
            remedy = "add this user to the group of the node's readers";
        } else if (reason.startsWith("nonce differs")) {
            remedy = "another node's folder lies at the same path here: mount the right one";
        } else if (reason.startsWith("folder not visible")) {
            remedy =
                    "none if it is on another host; in a container, mount the node's folder at the"
                            + " same path";
        } else {
            remedy = "";
        }
        diagnosis.note("zero-copy", "off, objects are streamed: " + reason, remedy);
    }
}
