package io.tokamak.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** How far a long transfer is, on standard error when that is a terminal. */
final class Progress implements AutoCloseable {
    /** Less than a second in most places. */
    private static final long LONG_TRANSFER_BYTES = 256L << 20;

    private static final int MEBIBYTE = 1 << 20;
    private static final int REDRAW_MILLIS = 200;

    private final @Nullable ProgressBar bar;

    private Progress(@Nullable ProgressBar bar) {
        this.bar = bar;
    }

    /**
     * @param sizeBytes -1 when it is not known
     */
    static Progress of(String what, long sizeBytes) {
        if ((sizeBytes >= 0 && sizeBytes < LONG_TRANSFER_BYTES) || !isTerminal()) {
            return new Progress(null);
        }
        return new Progress(
                new ProgressBarBuilder()
                        .setTaskName(what)
                        .setInitialMax(sizeBytes)
                        .setUnit(" MiB", MEBIBYTE)
                        .setStyle(ProgressBarStyle.ASCII)
                        .setUpdateIntervalMillis(REDRAW_MILLIS)
                        .showSpeed()
                        .build());
    }

    private static boolean isTerminal() {
        try {
            Path target = Files.readSymbolicLink(Path.of("/proc/self/fd/2"));
            return target.startsWith("/dev/pts")
                    || target.startsWith("/dev/tty")
                    || target.startsWith("/dev/console");
        } catch (IOException unknown) {
            return false;
        }
    }

    void reached(long bytes) {
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
