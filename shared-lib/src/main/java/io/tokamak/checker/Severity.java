package io.tokamak.checker;

/** How much a finding matters. */
public enum Severity {
    /** Good to know: a dead session that is not buried yet, the rest of a split cut short. */
    INFO,

    /** Nothing is lost, but something is not as it should be, and somebody should look. */
    WARNING,

    /** An invariant is broken. */
    ERROR
}
