package io.tokamak.node.objects;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A command of a client that cannot be carried out; its reason is the stable code of the answer.
 */
public final class CommandRefused extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** What the caller may do about it. */
    public enum Kind {
        /** The request itself is wrong. */
        INVALID,
        /** There is no such session, any more. */
        NO_SESSION,
        FENCED,
        UNAVAILABLE,
        OUT_OF_MEMORY,
        TOO_LARGE,
        EXISTS,
        NOT_FOUND,
        USED_UP
    }

    private final Kind kind;
    private final transient Map<String, String> numbers;

    CommandRefused(Kind kind, String message, Map<String, String> numbers) {
        super(message, null, false, false);
        this.kind = kind;
        this.numbers = numbers;
    }

    public Kind kind() {
        return kind;
    }

    /** Details for programs, by name. */
    public Map<String, String> numbers() {
        return numbers;
    }

    static CommandRefused noSession() {
        return new CommandRefused(Kind.NO_SESSION, "no such session: attach anew", Map.of());
    }

    static CommandRefused fenced(int session) {
        return new CommandRefused(
                Kind.FENCED,
                "session %d is fenced: attach anew".formatted(session),
                Map.of("session", "" + session));
    }

    /** A session's file was found truncated in the middle of a command, perhaps another's. */
    static CommandRefused truncated() {
        return new CommandRefused(
                Kind.UNAVAILABLE, "a session's file was truncated: repeat", Map.of());
    }

    /**
     * @param what is limited, and whose: "sessions of user 7"
     */
    static CommandRefused usedUp(String what, long used, long limit, String remedy) {
        return new CommandRefused(
                Kind.USED_UP,
                "%d of %d %s are in use".formatted(used, limit, what),
                Map.of("used", "" + used, "limit", "" + limit, "remedy", remedy));
    }

    /**
     * What clients committed cannot be published: whether it is there cannot be said, and no more
     * is lent.
     */
    static CommandRefused indexFull(Map<String, String> numbers) {
        Map<String, String> all = new LinkedHashMap<>(numbers);
        all.put(
                "remedy",
                "enlarge the file system of the node's folder, remove what else is on it, or delete"
                        + " objects");
        return new CommandRefused(
                Kind.OUT_OF_MEMORY,
                "the index has no room for all that was put, and there is no memory for it to grow",
                all);
    }

    static CommandRefused invalid(String message) {
        return new CommandRefused(Kind.INVALID, message, Map.of());
    }
}
