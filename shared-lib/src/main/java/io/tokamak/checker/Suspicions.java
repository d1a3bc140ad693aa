package io.tokamak.checker;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** What is wrong with a slot, until it is known that the slot did not change meanwhile. */
final class Suspicions {
    private final List<Suspicion> all = new ArrayList<>();

    private record Suspicion(Severity severity, Check check, Supplier<String> what) {}

    void error(Check check, Supplier<String> what) {
        add(Severity.ERROR, check, what);
    }

    void add(Severity severity, Check check, Supplier<String> what) {
        all.add(new Suspicion(severity, check, what));
    }

    boolean isEmpty() {
        return all.isEmpty();
    }

    void clear() {
        all.clear();
    }

    /** They were true. */
    void report(Findings findings, String place) {
        all.forEach(one -> findings.add(one.severity, one.check, place, one.what));
    }
}
