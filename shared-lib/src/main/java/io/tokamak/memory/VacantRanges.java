package io.tokamak.memory;

import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Addresses whose mappings were given back, by length: the next mapping of that length lies there,
 * so that a program may connect and close as often as it likes. Thread-safe.
 */
final class VacantRanges {
    private static final int PROT_READ = 1;
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_PRIVATE_ANONYMOUS_NORESERVE = 0x4022;
    static final int MAP_FIXED = 0x10;

    private static final Map<Long, Queue<Long>> ADDRESSES = new ConcurrentHashMap<>();

    private VacantRanges() {}

    /**
     * Takes a range out.
     *
     * @return its address, or 0: there is none of this length
     */
    static long take(long length) {
        Queue<Long> addresses = ADDRESSES.get(Pages.roundUp(length));
        Long address = addresses == null ? null : addresses.poll();
        return address == null ? 0 : address;
    }

    static void add(long address, long length) {
        ADDRESSES
                .computeIfAbsent(Pages.roundUp(length), _ -> new ConcurrentLinkedQueue<>())
                .add(address);
    }

    /** Lays empty memory over a mapping, in one step for whoever looks. */
    static void vacate(long address, long length, boolean isWritable) {
        long result =
                Libc.mmap(
                        address,
                        length,
                        isWritable ? PROT_READ_WRITE : PROT_READ,
                        MAP_PRIVATE_ANONYMOUS_NORESERVE | MAP_FIXED,
                        -1,
                        0);
        if (result != address) {
            throw new IllegalStateException(
                    "cannot give back %d bytes of a mapping: %s"
                            .formatted(length, Libc.nameOf((int) -result)));
        }
    }
}
