package io.tokamak.benchmarks;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One row of the table.
 *
 * @param key by which {@code --only} finds it, the scenario's first
 * @param what is measured, with its sizes
 * @param unit of the samples
 * @param floor what it is compared with in the same run; null: nothing
 * @param rounds the samples, in the order they were taken
 * @param note what a reader has to know, or why there are no samples; null: nothing
 */
record Figure(
        String key,
        String what,
        String unit,
        @Nullable String floor,
        Goal goal,
        List<Round> rounds,
        @Nullable String note) {

    /** A sample, and the floor's taken beside it; NaN: no floor. */
    record Round(double subject, double floor) {}

    Spread subject() {
        return Spread.of(rounds.stream().mapToDouble(Round::subject).toArray());
    }

    Spread floorSpread() {
        return Spread.of(rounds.stream().mapToDouble(Round::floor).toArray());
    }

    Spread ratio() {
        return Spread.of(rounds.stream().mapToDouble(r -> r.subject() / r.floor()).toArray());
    }

    /** Null: nothing to reach, or nothing measured. */
    @Nullable Boolean isMet() {
        if (rounds.isEmpty()) {
            return null;
        }
        return switch (goal.on()) {
            case NONE -> null;
            case SUBJECT -> goal.isMetBy(subject().median());
            case RATIO -> goal.isMetBy(ratio().median());
        };
    }
}
