package io.tokamak.checker;

import java.util.Locale;

/** What is checked: the invariant behind it, and what to do when it does not hold. */
public enum Check {
    FILE_MISSING(32, Remedy.FOLDER),
    FILE_KIND(16, Remedy.FOLDER),
    FILE_OWNER(16, "chown the file to the node's user, and find out who changed it"),
    FILE_MODE(16, "chmod the file as the design says, and find out who changed it"),
    FILE_LENGTH(32, Remedy.REMAKE),
    LAYOUT(32, "start the version of the node that wrote it, or discard the folder"),
    BOOT_ID(32, Remedy.REMAKE),
    STORE_WORDS(32, Remedy.REMAKE),
    STORE_RETIRED(33, "start the node: it makes a new store in this folder"),
    NODE_AWAY(28, "start the node, or expect what it was killed in the middle of"),

    LEVEL_SPLIT(7, Remedy.REMAKE),
    SLOT_STATE(8, Remedy.REMAKE),
    SLOT_BUCKET(7, Remedy.RESTART),
    SLOT_UNREACHABLE(7, Remedy.RESTART),
    SPLIT_UNFINISHED(7, "start the node: it finishes or undoes the split"),
    LINK_RANGE(7, Remedy.REMAKE),
    LINK_TWICE(7, Remedy.REMAKE),
    LINK_LEFT_OVER(7, Remedy.RESTART),
    ID_TWICE(4, Remedy.REPORT),
    ID_KIND(23, Remedy.REPORT),
    INCARNATION(35, Remedy.REPORT),
    FLAGS(23, Remedy.REPORT),

    RECORD_BOUNDS(9, Remedy.REPORT),
    RECORD_HEADER(
            10, "delete the object and make it anew; find out which process wrote into the pool"),
    RECORD_METADATA(
            23, "delete the object and make it anew; find out which process wrote into the pool"),
    RECORD_NAME(
            24, "delete the object and make it anew; find out which process wrote into the pool"),
    RECORDS_OVERLAP(1, Remedy.REPORT),
    RECORD_IN_LEASE(1, Remedy.REPORT),
    PAYLOAD(20, "delete the object and make it anew; find out which process wrote into the pool"),

    SESSIONS_HIDDEN(16, "run as the node's user to see sessions, leases and pins"),
    SESSION_FILE(17, "end that process, or remove the file while the node is stopped"),
    SESSION_WORDS(17, Remedy.SESSION),
    SESSION_DEAD(12, "wait: the node buries it, at the latest when it starts"),
    SESSION_FENCED(15, "let its process attach again, or end it"),
    LANE_WORDS(17, Remedy.SESSION),
    LANE_RECORDS(23, "end that process: the node fences its session at the next drain"),
    LANE_UNDRAINED(20, "wait: the node drains it, at the latest when it starts"),
    LEASES_OVERLAP(28, Remedy.REPORT),
    LEASED_SHARE(22, "let writers finish, or return idle lanes"),
    PIN_WORD(17, Remedy.SESSION),
    PIN_IN_FREE_SPACE(28, "close the view that holds it"),
    PIN_IN_LEASE(
            1,
            "look again: it must be gone as soon as its reader runs; otherwise " + Remedy.REPORT),
    LEDGER(28, Remedy.REPORT),
    UNSTABLE(28, "look again when less is written, or at the stopped node");

    private final int invariant;
    private final String remedy;

    Check(int invariant, String remedy) {
        this.invariant = invariant;
        this.remedy = remedy;
    }

    /** The number in the list of invariants. */
    public int invariant() {
        return invariant;
    }

    public String remedy() {
        return remedy;
    }

    /** Stable name in reports: {@code slot-bucket}. */
    public String code() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static final class Remedy {
        static final String FOLDER =
                "look whether this is the folder of a node; the node makes what is missing";
        static final String REMAKE =
                "copy out what can be read, then discard the folder: its contents cannot be"
                        + " trusted";
        static final String RESTART =
                "restart the node, which repairs it; report it with this text if it comes back";
        static final String REPORT =
                "copy out what matters, restart the node, and report it with this text";
        static final String SESSION = "end that process: what it wrote there harms it alone";
    }
}
