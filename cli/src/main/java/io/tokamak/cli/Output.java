package io.tokamak.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Standard output and standard error. A reader that went away ends the program quietly; any other
 * failure to write does not go unnoticed, as it would with {@link System#out}.
 */
final class Output {
    private final OutputStream stream;
    private final WritableByteChannel channel;
    private final PrintWriter text;
    private final PrintWriter errors;
    private @Nullable IOException failure;

    /** Whether a caller was told that something could not be written. */
    private boolean told;

    private Output(OutputStream stream, WritableByteChannel channel, PrintWriter errors) {
        this.stream = stream;
        this.channel = channel;
        this.text =
                new PrintWriter(
                        new Recording(new OutputStreamWriter(stream, StandardCharsets.UTF_8)),
                        false);
        this.errors = errors;
    }

    static Output ofProcess() {
        FileOutputStream stream = new FileOutputStream(FileDescriptor.out);
        FileOutputStream errors = new FileOutputStream(FileDescriptor.err);
        return new Output(
                stream,
                stream.getChannel(),
                new PrintWriter(new OutputStreamWriter(errors, StandardCharsets.UTF_8), true));
    }

    /** To where a test can look. */
    static Output to(OutputStream stream, OutputStream errors) {
        return new Output(
                stream,
                Channels.newChannel(stream),
                new PrintWriter(new OutputStreamWriter(errors, StandardCharsets.UTF_8), true));
    }

    /** The reader of standard output has had enough. */
    static final class ReaderGone extends RuntimeException {
        private static final long serialVersionUID = 1;

        ReaderGone(Throwable cause) {
            super("standard output is closed", cause);
        }
    }

    PrintWriter text() {
        return text;
    }

    PrintWriter errors() {
        return errors;
    }

    /**
     * Writes a line of text.
     *
     * @throws ReaderGone when nobody reads any more, so that a long list ends
     */
    void line(String line) throws IOException {
        text.println(line);
        check();
    }

    @SuppressWarnings("AnnotateFormatMethod") // every call runs in a test
    void line(String format, Object... values) throws IOException {
        line(String.format(format, values));
    }

    void json(Json json) throws IOException {
        line(json.toString());
    }

    /** Shows the lines so far. */
    void flush() throws IOException {
        text.flush();
        check();
    }

    /** Writes bytes; what was written as text goes first. */
    void bytes(ByteBuffer bytes) throws IOException {
        flush();
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException failed) {
            throw translate(failed);
        }
    }

    private void check() throws IOException {
        if (failure != null) {
            throw translate(failure);
        }
    }

    private IOException translate(IOException failed) {
        String message = failed.getMessage();
        if (message != null && message.contains("Broken pipe")) {
            throw new ReaderGone(failed);
        }
        told = true;
        return new IOException("cannot write to standard output: " + message, failed);
    }

    /**
     * Answers false when something could not be written, and says why unless a caller was told
     * before; a reader that went away is fine.
     */
    boolean close() {
        if (told) {
            return false;
        }
        try {
            flush();
            stream.flush();
            return true;
        } catch (ReaderGone gone) {
            return true;
        } catch (IOException failed) {
            errors.println("tokamak: " + failed.getMessage());
            return false;
        }
    }

    /** Keeps what {@link PrintWriter} would swallow. */
    private final class Recording extends Writer {
        private final Writer target;

        Recording(Writer target) {
            this.target = target;
        }

        @Override
        public void write(char[] chars, int offset, int length) throws IOException {
            try {
                target.write(chars, offset, length);
            } catch (IOException failed) {
                failure = failed;
                throw failed;
            }
        }

        @Override
        public void flush() throws IOException {
            try {
                target.flush();
            } catch (IOException failed) {
                failure = failed;
                throw failed;
            }
        }

        @Override
        public void close() throws IOException {
            flush();
        }
    }
}
