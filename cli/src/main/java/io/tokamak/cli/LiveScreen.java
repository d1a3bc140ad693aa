package io.tokamak.cli;

import io.tokamak.objects.Deadline;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jline.terminal.Attributes;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.AttributedString;
import org.jline.utils.Display;
import org.jline.utils.InfoCmp.Capability;
import org.jline.utils.NonBlockingReader;

/**
 * The whole terminal, drawn anew as often as one likes; what was on it before comes back at the
 * end. For one thread.
 */
final class LiveScreen implements AutoCloseable {
    private static final int CONTROL_C = 3;
    private static final int CONTROL_D = 4;

    /** How soon a new size of the window is seen. */
    private static final long LOOK_MILLIS = 100;

    private final Terminal terminal;
    private final Display display;
    private final Attributes attributes;
    private final AtomicBoolean isInterrupted = new AtomicBoolean();
    private final AtomicBoolean isClosed = new AtomicBoolean();
    private final Thread atExit = new Thread(this::restore, "restore-terminal");
    private List<AttributedString> shown = List.of();
    private Size size;

    private LiveScreen(Terminal terminal) {
        this.terminal = terminal;
        this.display = new Display(terminal, true);
        this.size = terminal.getSize();
        this.attributes = terminal.enterRawMode();
        terminal.handle(Terminal.Signal.INT, _ -> isInterrupted.set(true));
        Runtime.getRuntime().addShutdownHook(atExit);
        terminal.puts(Capability.enter_ca_mode);
        terminal.puts(Capability.cursor_invisible);
        display.resize(size);
    }

    static LiveScreen open() throws IOException {
        return new LiveScreen(TerminalBuilder.builder().name("tokamak").system(true).build());
    }

    void show(List<String> lines) {
        shown = lines.stream().map(AttributedString::new).toList();
        draw();
    }

    private void draw() {
        int columns = Math.max(1, size.getColumns());
        display.update(
                shown.stream()
                        .limit(Math.max(1, size.getRows()))
                        .map(line -> line.columnSubSequence(0, columns))
                        .toList(),
                0);
    }

    /** Waits, and answers false when the user has had enough: q, Ctrl-C, Ctrl-D. */
    boolean awaitKey(Duration patience) throws IOException {
        NonBlockingReader keys = terminal.reader();
        Deadline end = Deadline.after(patience);
        while (!end.isExpired()) {
            // 0 would wait for ever
            int key = keys.read(Math.clamp(end.remaining().toMillis(), 1, LOOK_MILLIS));
            boolean isEnd =
                    switch (key) {
                        case 'q', 'Q', CONTROL_C, CONTROL_D, NonBlockingReader.EOF -> true;
                        default -> false;
                    };
            if (isEnd || isInterrupted.get()) {
                return false;
            }
            if (!terminal.getSize().equals(size)) {
                size = terminal.getSize();
                display.clear();
                display.resize(size);
                draw();
            }
        }
        return true;
    }

    /** Once, by whoever comes first: the end of the command, or of the process. */
    private void restore() {
        if (!isClosed.getAndSet(true)) {
            terminal.puts(Capability.cursor_normal);
            terminal.puts(Capability.exit_ca_mode);
            terminal.flush();
            terminal.setAttributes(attributes);
        }
    }

    @Override
    public void close() throws IOException {
        restore();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException ending) {
            // it runs already
        }
        terminal.close();
    }
}
