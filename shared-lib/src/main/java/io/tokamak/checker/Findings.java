package io.tokamak.checker;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Collects findings; of a check that fails a million times it keeps the first ones and counts the
 * others.
 */
final class Findings {
    /** Of one check. */
    private static final int KEPT_MAX = 100;

    private final Map<Check, List<Finding>> kept = new EnumMap<>(Check.class);
    private final Map<Check, Integer> more = new EnumMap<>(Check.class);

    void info(Check check, String place, String what) {
        add(Severity.INFO, check, place, what);
    }

    void warning(Check check, String place, String what) {
        add(Severity.WARNING, check, place, what);
    }

    void error(Check check, String place, String what) {
        add(Severity.ERROR, check, place, what);
    }

    void add(Severity severity, Check check, String place, String what) {
        add(severity, check, place, () -> what);
    }

    void add(Severity severity, Check check, String place, Supplier<String> what) {
        List<Finding> same = kept.computeIfAbsent(check, _ -> new ArrayList<>());
        if (same.size() < KEPT_MAX) {
            same.add(new Finding(check, severity, place, what.get()));
        } else {
            more.merge(check, 1, Integer::sum);
        }
    }

    boolean hasProblems() {
        return kept.values().stream()
                .flatMap(List::stream)
                .anyMatch(f -> f.severity() != Severity.INFO);
    }

    /** Forgets problems that the other look, a moment later, did not see at the same place. */
    void retainProblemsOf(Findings later) {
        Set<Seen> seenLater = new HashSet<>();
        later.kept
                .values()
                .forEach(same -> same.forEach(f -> seenLater.add(new Seen(f.check(), f.place()))));
        kept.values()
                .forEach(
                        same ->
                                same.removeIf(
                                        f ->
                                                f.severity() != Severity.INFO
                                                        && !seenLater.contains(
                                                                new Seen(f.check(), f.place()))));
        more.keySet().retainAll(later.more.keySet());
    }

    /** The gravest first. */
    List<Finding> asList() {
        List<Finding> all = new ArrayList<>();
        kept.forEach(
                (check, same) -> {
                    all.addAll(same);
                    Integer others = more.get(check);
                    if (others != null && !same.isEmpty()) {
                        all.add(
                                new Finding(
                                        check,
                                        same.getLast().severity(),
                                        "elsewhere",
                                        others + " more of these"));
                    }
                });
        all.sort((one, other) -> other.severity().compareTo(one.severity()));
        return List.copyOf(all);
    }

    private record Seen(Check check, String place) {}
}
