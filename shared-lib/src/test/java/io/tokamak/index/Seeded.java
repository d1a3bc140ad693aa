package io.tokamak.index;

import java.util.Random;

/** A random test that says how to repeat it. */
final class Seeded {
    /** The test. */
    @FunctionalInterface
    interface Body {
        void run(Random random) throws Exception;
    }

    private Seeded() {}

    static void run(Body body) throws Exception {
        long seed = Long.getLong("tokamak.seed", System.nanoTime());
        String repeat = "seed " + seed + ", to repeat: -Dtokamak.seed=" + seed;
        System.out.println(repeat);
        try {
            body.run(new Random(seed));
        } catch (Exception | AssertionError e) {
            e.addSuppressed(new IllegalStateException(repeat));
            throw e;
        }
    }
}
