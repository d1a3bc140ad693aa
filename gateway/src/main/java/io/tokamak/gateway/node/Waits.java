package io.tokamak.gateway.node;

import io.tokamak.client.TokamakClient;
import io.tokamak.client.WaitResult;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.Durations;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.ObjectId;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.BooleanSupplier;

/** Waits of callers who may go away, as the gateway may: they end within a second of that. */
public final class Waits {
    /** Of any wait. */
    public static final Duration MAX = Duration.ofMinutes(5);

    /** How often a wait looks whether the caller is still there. */
    private static final Duration GLANCE = Duration.ofSeconds(1);

    private Waits() {}

    /**
     * The wait itself, when it is not too long.
     *
     * @throws InvalidRequest {@code bad-duration}
     */
    public static Duration check(Duration wait) {
        if (wait.isNegative() || wait.compareTo(MAX) > 0) {
            SequencedMap<String, Object> numbers = new LinkedHashMap<>();
            numbers.put("limit", Durations.format(MAX));
            throw new InvalidRequest(
                    InvalidRequest.BAD_DURATION,
                    "a wait of %s: 0 to %s"
                            .formatted(Durations.format(wait), Durations.format(MAX)),
                    "wait again when it is over",
                    numbers);
        }
        return wait;
    }

    /** Until the deadline, or the next look at whether the caller is still there. */
    static Deadline glance(Deadline deadline) {
        return deadline.orEarlier(Deadline.after(GLANCE));
    }

    /**
     * What is ready when enough are, the deadline has passed, or nobody waits any more.
     *
     * @throws io.tokamak.objects.NodeDown when the gateway stops meanwhile
     */
    public static WaitResult await(
            NodeConnection connection,
            Collection<ObjectId> ids,
            int count,
            Deadline deadline,
            BooleanSupplier isCancelled) {
        TokamakClient client = connection.client();
        List<ObjectId> all = List.copyOf(ids);
        while (true) {
            WaitResult result = client.await(all, count, glance(deadline));
            if (result.ready().size() >= count
                    || deadline.isExpired()
                    || isCancelled.getAsBoolean()) {
                return result;
            }
            connection.checkGoesOn();
        }
    }
}
