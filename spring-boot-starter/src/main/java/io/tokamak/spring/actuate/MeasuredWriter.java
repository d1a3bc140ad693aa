package io.tokamak.spring.actuate;

import io.tokamak.client.ObjectWriter;
import io.tokamak.client.Stored;
import io.tokamak.objects.ObjectId;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/** A writer whose seal is measured as a put: what came before it is the program's own time. */
final class MeasuredWriter implements ObjectWriter {
    private final ObjectWriter writer;
    private final Function<Supplier<Stored>, Stored> puts;

    MeasuredWriter(ObjectWriter writer, Function<Supplier<Stored>, Stored> puts) {
        this.writer = writer;
        this.puts = puts;
    }

    @Override
    public Stored seal() {
        return puts.apply(writer::seal);
    }

    @Override
    public ObjectId id() {
        return writer.id();
    }

    @Override
    public MemorySegment segment() {
        return writer.segment();
    }

    @Override
    public long position() {
        return writer.position();
    }

    @Override
    public void write(ByteBuffer part) {
        writer.write(part);
    }

    @Override
    public void write(MemorySegment part) {
        writer.write(part);
    }

    @Override
    public void write(List<MemorySegment> parts) {
        writer.write(parts);
    }

    @Override
    public long writeFrom(InputStream stream) {
        return writer.writeFrom(stream);
    }

    @Override
    public void abort() {
        writer.abort();
    }

    @Override
    public void close() {
        writer.close();
    }
}
