package io.tokamak.node.objects;

/**
 * Bytes of the pool by what they are used for; {@link PoolSpace} knows the free ones. The owner
 * thread's.
 */
final class Accounts {
    long inUse;
    long leased;

    /**
     * Part of {@link #leased}: extents of SHARED lanes, which are lent before anything is written.
     */
    long leasedAhead;

    long condemned;
    long withheld;
    long objects;
}
