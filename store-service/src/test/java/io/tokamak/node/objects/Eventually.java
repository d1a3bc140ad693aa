package io.tokamak.node.objects;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for a condition, with a deadline. */
final class Eventually {
    static final long DEADLINE_NANOS = 20_000_000_000L;

    private Eventually() {}

    /** Milliseconds until the condition held. */
    static long holds(String what, BooleanSupplier condition) {
        long begun = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - begun > DEADLINE_NANOS) {
                throw new AssertionError("not within 20 s: " + what);
            }
            LockSupport.parkNanos(500_000);
        }
        return (System.nanoTime() - begun) / 1_000_000;
    }
}
