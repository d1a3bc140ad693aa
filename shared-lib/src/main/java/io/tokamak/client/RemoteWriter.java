package io.tokamak.client;

import io.tokamak.memory.Block;
import io.tokamak.objects.InvalidState;
import io.tokamak.objects.ObjectId;
import io.tokamak.remote.Upload;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * An object being written for a gateway. What is appended is sent as it comes; who asks for the
 * segment writes memory of this process, which is sent at the seal.
 */
final class RemoteWriter implements ObjectWriter {
    private static final int STREAM_BUFFER_BYTES = 256 << 10;
    private static final MemorySegment ZEROS =
            MemorySegment.ofArray(new byte[64 << 10]).asReadOnly();

    private final RemoteClient client;
    private final PutOptions options;
    private final OptionalLong announced;
    private long position;

    /** Of what is appended; null: nothing was. */
    private @Nullable Upload upload;

    /** Of the segment; null: nobody asked for it. */
    private @Nullable Block block;

    private @Nullable Arena arena;
    private @Nullable MemorySegment segment;
    private @Nullable ObjectId id;

    /** How it ended; null: it is open. */
    private @Nullable String end;

    RemoteWriter(RemoteClient client, PutOptions options, OptionalLong announced) {
        this.client = client;
        this.options = options;
        this.announced = announced;
        this.id = options.name() == null ? null : ObjectId.named(options.name());
    }

    @Override
    public synchronized ObjectId id() {
        if (id == null) {
            throw new InvalidState(
                    "an anonymous object that goes through a gateway has no id yet",
                    "seal it first, or give it a name");
        }
        return id;
    }

    @Override
    @SuppressWarnings("MustBeClosedChecker") // closed with the writer
    public synchronized MemorySegment segment() {
        checkOpen();
        long size =
                announced.orElseThrow(
                        () ->
                                new InvalidState(
                                        "the length of the object is not known",
                                        "append with write(), or announce the length"));
        if (upload != null) {
            throw new InvalidState(
                    "%d bytes of the object were sent already".formatted(position),
                    "ask for the segment before the first write()");
        }
        MemorySegment known = segment;
        if (known == null) {
            Block own = Block.allocate(size);
            block = own;
            own.memory()
                    .segment()
                    .fill((byte) 0); // what this process had there is nobody's business
            arena = Arena.ofShared();
            known = segment = own.memory().segment().reinterpret(arena, null);
        }
        return known;
    }

    @Override
    public synchronized long position() {
        return position;
    }

    @Override
    public void write(ByteBuffer part) {
        write(MemorySegment.ofBuffer(part));
        part.position(part.limit());
    }

    @Override
    public synchronized void write(MemorySegment part) {
        checkOpen();
        long size = part.byteSize();
        if (announced.isPresent() && size > announced.getAsLong() - position) {
            throw new InvalidState(
                    "%d bytes written, %d announced"
                            .formatted(position + size, announced.getAsLong()),
                    "announce the right length, or none");
        }
        MemorySegment own = segment;
        if (own != null) {
            MemorySegment.copy(part, 0, own, position, size);
        } else {
            upload().write(part);
        }
        position += size;
    }

    private Upload upload() {
        Upload known = upload;
        if (known == null) {
            known = upload = client.upload(options, announced);
        }
        return known;
    }

    @Override
    public long writeFrom(InputStream stream) {
        byte[] buffer = new byte[STREAM_BUFFER_BYTES];
        long total = 0;
        try {
            for (int read = stream.read(buffer); read >= 0; read = stream.read(buffer)) {
                write(MemorySegment.ofArray(buffer).asSlice(0, read));
                total += read;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return total;
    }

    @Override
    public synchronized Stored seal() {
        checkOpen();
        closeSegment();
        try {
            Block own = block;
            Stored stored = own != null ? client.put(own.memory().segment(), options) : finish();
            id = stored.id();
            return stored;
        } finally {
            end("sealed");
        }
    }

    /** What was announced and never written is zeros. */
    private Stored finish() {
        Upload open = upload();
        for (long left = announced.orElse(position) - position; left > 0; ) {
            long part = Math.min(left, ZEROS.byteSize());
            open.write(ZEROS.asSlice(0, part));
            left -= part;
        }
        return RemoteMessages.stored(open.finish());
    }

    @Override
    public void abort() {
        end("aborted");
    }

    @Override
    public void close() {
        end("closed");
    }

    /** Nothing if it has ended before. */
    private synchronized void end(String how) {
        if (end == null) {
            closeSegment();
            end = how;
            if (upload != null) {
                upload.close();
            }
            if (block != null) {
                block.free();
            }
        }
    }

    private void closeSegment() {
        if (arena != null && arena.scope().isAlive()) {
            arena.close();
        }
    }

    private void checkOpen() {
        if (end != null) {
            throw InvalidState.used("writer", end);
        }
    }
}
