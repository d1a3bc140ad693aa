package io.tokamak.node.objects;

/** Counts of a start in a folder that was in use before. The owner thread's. */
final class Recovered {
    /** Records that a lane holds and that were published already. */
    long skipped;
}
