package io.tokamak.memory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The steps of a client at which a test ends its process by kill -9 (I19): {@code
 * -Dtokamak.kill=put.written} does so at the first time that one comes by, {@code put.written:3} at
 * the third. Without the property a call is nothing: the compiler sees a constant. Thread-safe.
 */
public final class KillPoint {
    public static final String PROPERTY = "tokamak.kill";

    private static final int SIGKILL = 9;
    private static final @Nullable KillPoint ARMED = armed(System.getProperty(PROPERTY));

    private final String step;
    private final AtomicInteger left;

    private KillPoint(String step, int times) {
        this.step = step;
        this.left = new AtomicInteger(times);
    }

    private static @Nullable KillPoint armed(@Nullable String text) {
        if (text == null) {
            return null;
        }
        int colon = text.indexOf(':');
        return colon < 0
                ? new KillPoint(text, 1)
                : new KillPoint(
                        text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
    }

    /** The process has come to the step of this name. */
    public static void reached(String step) {
        KillPoint armed = ARMED;
        if (armed != null) {
            armed.count(step);
        }
    }

    private void count(String reached) {
        if (reached.equals(step) && left.decrementAndGet() == 0) {
            try {
                Processes.signal(Processes.pid(), SIGKILL);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
