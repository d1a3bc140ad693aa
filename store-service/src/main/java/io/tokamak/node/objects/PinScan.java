package io.tokamak.node.objects;

import io.tokamak.memory.Memory;

/**
 * Reads every pin word of every session that its high water covers (R2): the cost of all pins there
 * are, whatever their number. The owner thread's.
 */
final class PinScan {
    private final SessionTable sessions;
    private final PinSet pins = new PinSet();

    PinScan(SessionTable sessions) {
        this.sessions = sessions;
    }

    /**
     * To free something: behind the barrier (I6).
     *
     * @param nowMillis since when what is seen for the first time is pinned
     * @return sorted, and good until the next call
     */
    PinSet read(long nowMillis) {
        boolean whole;
        do {
            Memory.fullFence();
            pins.clear();
            whole = true;
            for (AttachedSession session : sessions.all()) {
                if (!session.isUnreadable()) {
                    whole &= sessions.guarded(session, () -> session.readPins(nowMillis));
                }
                session.addPins(pins);
            }
        } while (!whole);
        pins.sort();
        return pins;
    }
}
