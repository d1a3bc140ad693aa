package io.tokamak.benchmarks;

/**
 * How much is done.
 *
 * @param rounds of floor and subject, interleaved
 * @param manyObjects that a put row puts, and the row of shared memory fills the store with
 * @param randomObjects that are read at random, and a restart finds
 * @param callMillis of each measured iteration of a call
 * @param loadSeconds of each measurement under load from many connections
 * @param slowReaders connections that read large objects slowly
 */
record Scale(
        String name,
        int rounds,
        long manyObjects,
        long fillObjects,
        int randomObjects,
        int hotObjects,
        int callMillis,
        int callIterations,
        long hugeBytes,
        long largeBytes,
        int namedPuts,
        int wakes,
        int idleClients,
        int idleSeconds,
        int loadSeconds,
        int slowReaders,
        long poolBytes) {
    private static final long MIB = 1 << 20;

    static final Scale SMOKE =
            new Scale(
                    "smoke", 1, 100_000, 100_000, 20_000, 1_000, 20, 1, 32 * MIB, 8 * MIB, 500, 20,
                    4, 1, 1, 50, 512 * MIB);
    static final Scale QUICK =
            new Scale(
                    "quick",
                    3,
                    4_000_000,
                    10_000_000,
                    1_000_000,
                    10_000,
                    400,
                    3,
                    1024 * MIB,
                    100 * MIB,
                    10_000,
                    3_000,
                    100,
                    5,
                    5,
                    1_000,
                    4096 * MIB);
    static final Scale FULL =
            new Scale(
                    "full",
                    5,
                    10_000_000,
                    10_000_000,
                    1_000_000,
                    10_000,
                    1000,
                    5,
                    1024 * MIB,
                    100 * MIB,
                    50_000,
                    6_000,
                    100,
                    20,
                    10,
                    1_000,
                    4096 * MIB);

    boolean isSmoke() {
        return name.equals(SMOKE.name);
    }

    /** With a smaller pool, and everything that has to lie in it at once. */
    Scale within(long poolBytesMax) {
        if (poolBytesMax >= poolBytes) {
            return this;
        }
        double share = (double) poolBytesMax / poolBytes;
        return new Scale(
                name,
                rounds,
                manyObjects,
                (long) (fillObjects * share),
                (int) (randomObjects * share),
                hotObjects,
                callMillis,
                callIterations,
                (long) (hugeBytes * share) & -MIB,
                (long) (largeBytes * share) & -MIB,
                namedPuts,
                wakes,
                idleClients,
                idleSeconds,
                loadSeconds,
                slowReaders,
                poolBytesMax & -MIB);
    }
}
