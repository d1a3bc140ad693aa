package io.tokamak.node.objects;

import io.tokamak.layout.SessionFile;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The node's own copy of a lane, which it believes; what stands in the session file is for the
 * client. The owner thread's.
 */
final class Lane {
    final int number;
    int kind = SessionFile.KIND_FREE;

    /** Number of the extent being drained. */
    long extent;

    /** Number of the newest extent that was offered: {@link #extent}, or the next. */
    long offered;

    /** Bytes of the current extent whose records were published. */
    long drained;

    /** Whether its extent lies where it can be made longer. */
    boolean isExtensible;

    /** Whether records are committed that the index has no room for. */
    boolean stalled;

    private final long[] start = new long[2];
    private final long[] length = new long[2];
    private final long[] serial = new long[2];

    /**
     * Bytes of the last extent that was handed out, and when: the next one is larger if that was
     * just now.
     */
    long lastExtentBytes;

    long lastOfferNanos;

    /** For a SINGLE lane: the name that it keeps others from creating. */
    @Nullable Reservation reservation;

    Lane(int number) {
        this.number = number;
    }

    boolean isFree() {
        return kind == SessionFile.KIND_FREE;
    }

    long start(long extentNumber) {
        return start[(int) (extentNumber & 1)];
    }

    long length(long extentNumber) {
        return length[(int) (extentNumber & 1)];
    }

    /** Number of the lease: of two leases of the same bytes the later has the higher one. */
    long serial(long extentNumber) {
        return serial[(int) (extentNumber & 1)];
    }

    void setSerial(long extentNumber, long leaseSerial) {
        serial[(int) (extentNumber & 1)] = leaseSerial;
    }

    void setExtent(long extentNumber, long startOffset, long lengthBytes) {
        start[(int) (extentNumber & 1)] = startOffset;
        length[(int) (extentNumber & 1)] = lengthBytes;
    }

    boolean hasNext() {
        return offered > extent;
    }

    /** Bytes leased and not yet published, in both extents. */
    long leasedBytes() {
        if (isFree()) {
            return 0;
        }
        return length(extent) - drained + (hasNext() ? length(extent + 1) : 0);
    }

    long position(long location) {
        return SessionFile.position(extent, location - start(extent));
    }

    /**
     * Whether a pool offset lies in what was leased to this lane and is not lent to others
     * meanwhile.
     */
    boolean covers(long location) {
        return !isFree() && (isIn(extent, location) || (hasNext() && isIn(extent + 1, location)));
    }

    private boolean isIn(long extentNumber, long location) {
        return location >= start(extentNumber)
                && location < start(extentNumber) + length(extentNumber);
    }

    void clear() {
        kind = SessionFile.KIND_FREE;
        extent = offered;
        drained = 0;
        stalled = false;
        isExtensible = false;
        Arrays.fill(length, 0);
        reservation = null;
    }
}
