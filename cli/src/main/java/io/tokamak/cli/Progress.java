package io.tokamak.cli;

import java.time.Duration;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** How far a long transfer is, on standard error when that is a terminal. */
final class Progress implements AutoCloseable {
    /** What is done before is not worth a look. */
    private static final Duration PATIENCE = Duration.ofMillis(500);

    private static final int MEBIBYTE = 1 << 20;
    private static final int REDRAW_MILLIS = 200;

    private final String what;
    private final long sizeBytes;
    private final boolean isSeen = Terminals.is(Terminals.ERRORS);
    private final long startNanos = System.nanoTime();
    private @Nullable ProgressBar bar;

    /**
     * @param sizeBytes -1 when it is not known
     */
    Progress(String what, long sizeBytes) {
        this.what = what;
        this.sizeBytes = sizeBytes;
    }

    void reached(long bytes) {
        if (!isSeen) {
            return;
        }
        Duration elapsed = Duration.ofNanos(System.nanoTime() - startNanos);
        if (bar == null && elapsed.compareTo(PATIENCE) > 0 && bytes != sizeBytes) {
            bar =
                    new ProgressBarBuilder()
                            .setTaskName(what)
                            .setInitialMax(sizeBytes)
                            .setUnit(" MiB", MEBIBYTE)
                            .setStyle(ProgressBarStyle.ASCII)
                            .setUpdateIntervalMillis(REDRAW_MILLIS)
                            .startsFrom(0, elapsed)
                            .showSpeed()
                            .build();
        }
        if (bar != null) {
            bar.stepTo(bytes);
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
