package io.tokamak.segment;

import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectId;
import org.jspecify.annotations.Nullable;

/** Where extents come from and go back to: the node. */
public interface Leases {
    /**
     * Leases a lane for many records.
     *
     * @param sizeBytes that the first record needs at most
     * @throws io.tokamak.objects.OutOfMemory when there is no room by the deadline
     */
    Extent leaseShared(long sizeBytes, Deadline deadline);

    /** The next extent of a lane that is held, as {@link #leaseShared}. */
    Extent leaseNext(int lane, long sizeBytes, Deadline deadline);

    /**
     * Leases a lane for one record.
     *
     * @param reserve the id of the name that the record will have; null when it has none
     * @throws io.tokamak.objects.ObjectExists when the name is taken, or reserved by somebody else
     */
    Extent leaseSingle(long sizeBytes, @Nullable ObjectId reserve, Deadline deadline);

    /**
     * As {@link #leaseSingle}, for a record whose length is not known.
     *
     * @param welcomeBytes the extent has at most so many bytes, and as many if there is room
     */
    Extent leaseGrowing(long sizeBytes, long welcomeBytes, Deadline deadline);

    /**
     * Extends the extent of a lane for one record in place, as far as what follows it is free.
     *
     * @param length bytes that it should have
     * @return bytes that it has then
     */
    long extend(int lane, long length, Deadline deadline);

    /**
     * Gives a lane back: what was committed is published, the rest is free. Does not wait for the
     * node.
     */
    void giveBack(int lane);

    /** As {@link #giveBack}, of a lane with nothing to be freed: with the next lease, or soon. */
    void giveBackLater(int lane);

    /**
     * As {@link #giveBack}, and waits for the node: from the return on, a name reserved with the
     * lane is free.
     */
    void giveBackNow(int lane, Deadline deadline);
}
