package io.tokamak.client;

import io.tokamak.layout.PoolFile;
import io.tokamak.memory.Block;
import io.tokamak.memory.Memory;
import io.tokamak.objects.MetadataCodec;
import io.tokamak.objects.ObjectInfo;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Objects that came from elsewhere together: one block of this process's memory, in which they lie
 * as in a pool, until the last view of the last of them is closed.
 */
final class Fetched implements Holding {
    /** Metadata that were stored name the session themselves; no session is 1 here. */
    private static final int NO_SESSION = 1;

    private final List<ObjectInfo> infos;
    private final long[] locations;
    private final int[] metadataLengths;
    private final Block block;
    private final Memory readOnly;
    private final AtomicInteger held;

    /** Room for the objects, with all but their payloads in it. */
    Fetched(List<ObjectInfo> infos) {
        this.infos = infos;
        this.locations = new long[infos.size()];
        this.metadataLengths = new int[infos.size()];
        this.held = new AtomicInteger(infos.size());
        byte[][] metadata = new byte[infos.size()][];
        long end = 0;
        for (int i = 0; i < metadata.length; i++) {
            ObjectInfo info = infos.get(i);
            metadata[i] =
                    MetadataCodec.encode(
                            info.metadata(), info.created().toEpochMilli(), NO_SESSION);
            metadataLengths[i] = metadata[i].length;
            locations[i] = end;
            end = PoolFile.recordEnd(end, metadata[i].length, info.sizeBytes());
        }
        this.block = Block.allocate(end);
        this.readOnly = block.memory().asReadOnly();
        for (int i = 0; i < metadata.length; i++) {
            block.memory()
                    .copyFrom(
                            locations[i] + PoolFile.HEADER_BYTES,
                            metadata[i],
                            0,
                            metadata[i].length);
        }
    }

    /** Where the payload is to be written, before the first view. */
    MemorySegment payload(int index) {
        long size = infos.get(index).sizeBytes();
        return block.memory()
                .segment()
                .asSlice(
                        PoolFile.payloadOffset(locations[index], metadataLengths[index], size),
                        size);
    }

    /** The first view of an object, for the calling thread; to be called once for each. */
    HeldView view(int index) {
        ObjectInfo info = infos.get(index);
        return new HeldView(
                this,
                info.id(),
                info.incarnation(),
                locations[index],
                metadataLengths[index],
                info.sizeBytes());
    }

    @Override
    public Memory pool() {
        return readOnly;
    }

    @Override
    public @Nullable Place place(long offset, long length) {
        return null;
    }

    @Override
    public void release(int pin) {
        if (held.decrementAndGet() == 0) {
            block.free();
        }
    }

    /** Frees all, when there shall be no view. */
    void discard() {
        block.free();
    }
}
