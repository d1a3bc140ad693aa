package io.tokamak.cli;

import io.tokamak.client.NodeInfo;
import io.tokamak.client.TokamakClient;

/**
 * How soon a node answers.
 *
 * @param node as it said last
 * @param micros the shortest of several times
 */
record Ping(NodeInfo node, long micros) {
    /**
     * @param count how often to ask, 1 or more
     */
    static Ping best(TokamakClient client, int count) {
        NodeInfo node = client.node();
        long best = Long.MAX_VALUE;
        for (int i = 0; i < count; i++) {
            long start = System.nanoTime();
            node = client.node();
            best = Math.min(best, System.nanoTime() - start);
        }
        return new Ping(node, best / 1000);
    }
}
