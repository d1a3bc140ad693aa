package io.tokamak.benchmarks;

import io.tokamak.client.NodeInfo;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.Lifetime;
import io.tokamak.objects.ObjectId;
import java.util.Map;

/** Puts objects that stay, and reads back what the node says of them. */
final class FillTask implements Task {
    @Override
    public Map<String, Double> run(Arguments arguments) {
        long objects = arguments.number("objects");
        byte[] payload = Payloads.make(64, 11);
        PutOptions options = PutOptions.DEFAULTS;
        if (arguments.text("lifetime").equals("deleted")) {
            options = options.withLifetime(Lifetime.untilDeleted());
        }
        try (TokamakClient client = Worker.connect("bench-fill")) {
            ObjectId last = null;
            for (long i = 0; i < objects; i++) {
                last = client.put(payload, options).id();
            }
            if (last != null) {
                Payloads.check(Payloads.sum(client.read(last, Deadline.NONE)));
            }
        }
        // The lanes are back: what they still held free is free.
        try (TokamakClient client = Worker.connect("bench-fill")) {
            NodeInfo node = client.node();
            return Map.of(
                    "objects", (double) node.objects(),
                    "in-use", (double) node.ledger().inUse(),
                    "leased", (double) node.ledger().leased(),
                    "index", (double) node.ledger().index());
        }
    }
}
