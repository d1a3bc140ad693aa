package io.tokamak.objects;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;

/**
 * Durations in text: a whole number with its unit ({@code 500ms}, {@code 10s}, {@code 5m}, {@code
 * 2h}, {@code 7d}) or ISO 8601 ({@code PT1H30M}). A day is 24 hours.
 */
public final class Durations {
    /** 36,500 days, a hundred years: whoever means longer means "until deleted". */
    public static final Duration MAX = Duration.ofDays(36_500);

    /** ISO 8601 with nanoseconds stays well below. */
    private static final int TEXT_LENGTH_MAX = 64;

    private static final String REMEDY = "write 500ms, 10s, 5m, 2h, 7d or ISO 8601";

    private Durations() {}

    /**
     * Reads a duration of more than nothing.
     *
     * @throws InvalidRequest {@code bad-duration}: no unit, not positive, above {@link #MAX}, or no
     *     duration
     */
    public static Duration parse(String text) {
        Duration duration = parseOrZero(text);
        if (duration.isZero()) {
            throw bad(text, "must be more than zero");
        }
        return duration;
    }

    /**
     * Reads a duration that may be nothing, for waits that shall only look.
     *
     * @throws InvalidRequest {@code bad-duration}
     */
    public static Duration parseOrZero(String text) {
        if (text.length() > TEXT_LENGTH_MAX) {
            throw bad(text, "is " + text.length() + " characters, at most " + TEXT_LENGTH_MAX);
        }
        Duration duration = isDigit(text, 0) ? parseNumber(text) : parseIso(text);
        if (duration.isNegative()) {
            throw bad(text, "must not be negative");
        }
        if (duration.compareTo(MAX) > 0) {
            throw aboveMax(text);
        }
        return duration;
    }

    /**
     * The shortest text that {@link #parse} reads back as the same: {@code 90s}, {@code 1d}, {@code
     * PT0.0005S}.
     */
    public static String format(Duration duration) {
        if (duration.isNegative()
                || duration.toNanosPart() % 1_000_000 != 0
                || duration.compareTo(MAX) > 0) {
            return duration.toString();
        }
        long millis = duration.toMillis();
        if (millis == 0) {
            return "0s";
        }
        for (Unit unit : Unit.values()) {
            if (millis % unit.millis == 0) {
                return millis / unit.millis + unit.text;
            }
        }
        throw new AssertionError("a millisecond divides " + millis);
    }

    /** Checks a lifetime or the like that was not given as text. */
    static void check(String what, Duration duration) {
        if (duration.isNegative() || duration.isZero()) {
            throw bad(format(duration), "of " + what + " must be more than zero");
        }
        if (duration.compareTo(MAX) > 0) {
            throw aboveMax(duration.toString());
        }
    }

    /** Rounded up, so that nothing ends early. At most {@link #MAX}. */
    static long toMillisCeiling(Duration duration) {
        long millis = duration.toMillis();
        return duration.toNanosPart() % 1_000_000 == 0 ? millis : millis + 1;
    }

    private static Duration parseNumber(String text) {
        int digits = 1;
        while (isDigit(text, digits)) {
            digits++;
        }
        Unit unit = Unit.of(text.substring(digits));
        if (unit == null) {
            throw bad(text, digits == text.length() ? "has no unit" : "has no known unit");
        }
        try {
            return Duration.ofMillis(
                    Math.multiplyExact(Long.parseLong(text.substring(0, digits)), unit.millis));
        } catch (ArithmeticException | NumberFormatException overflow) {
            throw aboveMax(text);
        }
    }

    private static Duration parseIso(String text) {
        try {
            return Duration.parse(text);
        } catch (DateTimeParseException notIso) {
            throw bad(text, "is no duration");
        }
    }

    private static boolean isDigit(String text, int index) {
        return index < text.length() && text.charAt(index) >= '0' && text.charAt(index) <= '9';
    }

    private static InvalidRequest aboveMax(String text) {
        return new InvalidRequest(
                InvalidRequest.BAD_DURATION,
                "bad duration " + Quoted.of(text) + ": at most " + format(MAX),
                "shorten it, or keep the object until it is deleted",
                Numbers.of("limit", format(MAX)));
    }

    private static InvalidRequest bad(String text, String why) {
        return new InvalidRequest(
                InvalidRequest.BAD_DURATION,
                "bad duration " + Quoted.of(text) + ": " + why,
                REMEDY);
    }

    /** The largest first. */
    private enum Unit {
        DAY("d", 86_400_000),
        HOUR("h", 3_600_000),
        MINUTE("m", 60_000),
        SECOND("s", 1_000),
        MILLISECOND("ms", 1);

        private final String text;
        private final long millis;

        Unit(String text, long millis) {
            this.text = text;
            this.millis = millis;
        }

        static @Nullable Unit of(String text) {
            for (Unit unit : values()) {
                if (unit.text.equals(text)) {
                    return unit;
                }
            }
            return null;
        }
    }
}
