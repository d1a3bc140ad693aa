package io.tokamak.node.objects;

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
}
