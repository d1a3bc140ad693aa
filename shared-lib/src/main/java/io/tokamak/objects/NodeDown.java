package io.tokamak.objects;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A node does not answer. Retry, also elsewhere. */
@SuppressWarnings("serial") // never serialized
public final class NodeDown extends TokamakException {
    public static final String CODE = "unavailable";

    private final Duration retryAfter;

    /**
     * @param node its id or address
     * @param why what was tried, and what came back
     * @param retryAfter when a retry makes sense
     */
    public NodeDown(String node, String why, Duration retryAfter, @Nullable Throwable cause) {
        super(
                CODE,
                "node " + node + " is down: " + why,
                "retry after " + Durations.format(retryAfter) + ", or ask another node",
                Numbers.of("node", node, "retryAfterMillis", retryAfter.toMillis()),
                cause);
        this.retryAfter = retryAfter;
    }

    public NodeDown(String node, String why, Duration retryAfter) {
        this(node, why, retryAfter, null);
    }

    public Duration retryAfter() {
        return retryAfter;
    }

    @Override
    public boolean isRetryable() {
        return true;
    }
}
