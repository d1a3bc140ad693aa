package io.tokamak.benchmarks;

/** What a figure has to reach. */
record Goal(On on, double bound, boolean atLeast) {
    enum On {
        /** The figure itself. */
        SUBJECT,
        /** The figure as a multiple of its floor's. */
        RATIO,
        /** Nothing: it is only reported. */
        NONE
    }

    static final Goal NONE = new Goal(On.NONE, 0, false);

    static Goal ratioAtLeast(double bound) {
        return new Goal(On.RATIO, bound, true);
    }

    static Goal ratioAtMost(double bound) {
        return new Goal(On.RATIO, bound, false);
    }

    static Goal atLeast(double bound) {
        return new Goal(On.SUBJECT, bound, true);
    }

    static Goal atMost(double bound) {
        return new Goal(On.SUBJECT, bound, false);
    }

    boolean isMetBy(double value) {
        return atLeast ? value >= bound : value <= bound;
    }
}
