package io.tokamak.node.objects;

import static io.tokamak.node.objects.Leases.EXTENT_BYTES_MIN;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ObjLongConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Requests that wait for room, in order of arrival. Those behind the first one pass it when there
 * is room for them and not for it: as many as ask for no more bytes than it does together, and from
 * then on one every 100 ms that asks for at most a sixteenth of that (or {@link
 * Leases#EXTENT_BYTES_MIN}).
 *
 * <p>So a large request keeps small ones waiting for 100 ms and not until its deadline, and is
 * itself kept from what becomes free by a known part of it, however many small ones come. The owner
 * thread's.
 */
final class RoomQueue {
    static final long PASS_NANOS = 100_000_000;
    private static final int PASS_SHARE = 16;

    /** What became of an attempt to lend. */
    enum Attempt {
        /** It was answered, with an extent or an error. */
        ANSWERED,
        /** Its lane or the index is not ready; that says nothing of other requests. */
        NOT_YET,
        NO_ROOM
    }

    private final Deque<Leases.Request> waiting = new ArrayDeque<>();

    /** The first one while it waits; what follows is about it. */
    private Leases.@Nullable Request first;

    private long bytesPassed;
    private long nextPassNanos;

    /** Whether somebody waits for that time alone. */
    private boolean isHeldBack;

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    void add(Leases.Request request) {
        waiting.add(request);
    }

    /** Lends to those whose turn it is. */
    void serve(long nowNanos, Function<Leases.Request, Attempt> lender) {
        // Where a smaller one of the same kind found no room in this round, a larger one will not.
        long[] refusedBytes = {Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE};
        boolean isFirst = true;
        isHeldBack = false;
        for (Iterator<Leases.Request> each = waiting.iterator(); each.hasNext(); ) {
            Leases.Request request = each.next();
            if (request.answer().isDone()) {
                each.remove();
                continue;
            }
            if (isFirst) {
                stand(request, nowNanos);
            } else if (!mayPass(request, nowNanos)) {
                continue;
            }
            if (request.sizeBytes() < refusedBytes[request.kind()]) {
                switch (lender.apply(request)) {
                    case ANSWERED -> {
                        each.remove();
                        if (!isFirst) {
                            passed(request, nowNanos);
                        }
                        continue;
                    }
                    case NO_ROOM -> refusedBytes[request.kind()] = request.sizeBytes();
                    case NOT_YET -> {}
                }
            }
            isFirst = false;
        }
    }

    private void stand(Leases.Request request, long nowNanos) {
        if (!request.equals(first)) {
            first = request;
            bytesPassed = 0;
            nextPassNanos = nowNanos;
        }
    }

    private boolean mayPass(Leases.Request request, long nowNanos) {
        long size = first == null ? 0 : first.sizeBytes();
        if (bytesPassed + request.sizeBytes() <= size) {
            return true;
        }
        if (request.sizeBytes() > Math.max(size / PASS_SHARE, EXTENT_BYTES_MIN)) {
            return false;
        }
        boolean isTime = nowNanos - nextPassNanos >= 0;
        isHeldBack |= !isTime;
        return isTime;
    }

    private void passed(Leases.Request request, long nowNanos) {
        bytesPassed += request.sizeBytes();
        nextPassNanos = nowNanos + PASS_NANOS;
    }

    /** Whether somebody's time is over. */
    boolean hasExpired(long nowNanos) {
        return waiting.stream().anyMatch(request -> request.deadlineNanos() - nowNanos <= 0);
    }

    /**
     * Takes out those whose time is over, and says of each how many bytes the one asks for that
     * waits on before it; 0: none does.
     *
     * @return nanoseconds until something is to be done: another deadline, or somebody may pass
     */
    long expire(long nowNanos, ObjLongConsumer<Leases.Request> expired) {
        long next = isHeldBack ? Math.max(0, nextPassNanos - nowNanos) : Long.MAX_VALUE;
        long bytesBefore = 0;
        for (Iterator<Leases.Request> each = waiting.iterator(); each.hasNext(); ) {
            Leases.Request request = each.next();
            long left = request.deadlineNanos() - nowNanos;
            if (left <= 0) {
                expired.accept(request, bytesBefore); // after a fault there it still waits
                each.remove();
            } else {
                next = Math.min(next, left);
                bytesBefore = bytesBefore == 0 ? request.sizeBytes() : bytesBefore;
            }
        }
        return next;
    }

    /** Takes out those that the predicate is true of. */
    void forget(Predicate<Leases.Request> whose, Consumer<Leases.Request> forgotten) {
        List<Leases.Request> theirs = waiting.stream().filter(whose).toList();
        waiting.removeAll(theirs);
        theirs.forEach(forgotten);
    }
}
