package io.tokamak.node.objects;

import org.jspecify.annotations.Nullable;

/** What a store needs of the cluster that its node belongs to. Thread-safe. */
public interface Membership {
    /**
     * The number of a store's folder: the one that it has, or a new one that no folder ever had.
     *
     * @param number that the folder has, 0 for none
     */
    int claimStoreNumber(int number);

    NameDirectory names(int storeNumber);

    /** The node's id as a member of the cluster, new at each start. */
    String memberId();

    /** Where other nodes reach this one, {@code host:port}; null: it belongs to no cluster. */
    @Nullable String address();
}
