package io.tokamak.node.objects;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the start found free and somebody may still touch: the run behind a pin that names no
 * record, until the pin goes; and what the lanes of a session cover that is not believed, until its
 * process is gone. However many claim the same bytes, they cost no more memory. The owner thread's.
 */
final class Withheld {
    private static final Comparator<Reason> BY_START = Comparator.comparingLong(each -> each.start);

    private final PoolSpace space;
    private final Accounts accounts;
    private final List<Reason> reasons = new ArrayList<>();

    /** A range and who it is kept from: the owner of lanes, or whoever has set one of the pins. */
    private static final class Reason {
        long start;
        final long end;
        final @Nullable AttachedSession session;

        /** In order; those before {@link #start} are gone. */
        final List<Long> pins;

        Reason(long start, long end, @Nullable AttachedSession session, List<Long> pins) {
            this.start = start;
            this.end = end;
            this.session = session;
            this.pins = pins;
        }
    }

    Withheld(PoolSpace space, Accounts accounts) {
        this.space = space;
        this.accounts = accounts;
    }

    /**
     * From each pin on to the next block of which a part is in use; what is withheld is no such
     * part.
     */
    void behindPins(List<Long> locations) {
        Map<Long, List<Long>> byEnd = new TreeMap<>();
        for (long location : locations) {
            byEnd.computeIfAbsent(space.freeRunEnd(location), _ -> new ArrayList<>()).add(location);
        }
        byEnd.forEach(
                (end, pins) -> {
                    pins.sort(null);
                    add(new Reason(pins.getFirst(), end, null, pins));
                });
    }

    void ofSession(AttachedSession session, long start, long end) {
        add(new Reason(start, end, session, List.of()));
    }

    private void add(Reason reason) {
        reasons.add(reason);
        accounts.withheld += space.hold(reason.start, reason.end);
    }

    /** Whether it is worth while to look for pins that went. */
    boolean awaitsPins() {
        return reasons.stream().anyMatch(reason -> !reason.pins.isEmpty());
    }

    /**
     * Gives back what is behind pins that are not set any more.
     *
     * @return whether there was something
     */
    boolean release(PinSet pins) {
        long before = accounts.withheld;
        for (Iterator<Reason> each = reasons.iterator(); each.hasNext(); ) {
            Reason reason = each.next();
            if (reason.pins.isEmpty()) {
                continue;
            }
            reason.pins.removeIf(pin -> !pins.isPinned(pin, pin + 1));
            long from = reason.start;
            long to = reason.pins.isEmpty() ? reason.end : reason.pins.getFirst();
            reason.start = to;
            if (reason.pins.isEmpty()) {
                each.remove();
            }
            if (from < to) {
                letGo(from, to);
            }
        }
        return accounts.withheld < before;
    }

    /** Gives back what was kept from a session that is gone. */
    void release(AttachedSession buried) {
        List<Reason> over = reasons.stream().filter(each -> each.session == buried).toList();
        reasons.removeAll(over);
        long done = 0;
        for (Reason reason : over.stream().sorted(BY_START).toList()) {
            long from = Math.max(reason.start, done);
            if (from < reason.end) {
                letGo(from, reason.end);
                done = reason.end;
            }
        }
    }

    /** Unless others have their reasons for the same blocks. */
    private void letGo(long start, long end) {
        accounts.withheld -= space.letGo(start, end);
        for (Reason other : reasons) {
            long from = Math.max(start, PoolSpace.blockStart(other.start));
            long to = Math.min(end, other.end);
            if (from < to) {
                accounts.withheld += space.hold(from, to);
            }
        }
    }
}
