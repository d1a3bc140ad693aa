package io.tokamak.values.tensor;

import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The units in which NumPy counts time. */
final class TimeUnits {
    private static final Pattern UNIT =
            Pattern.compile("([1-9][0-9]{0,8})?(Y|M|W|D|h|m|s|ms|us|ns|ps|fs|as)");

    private static final BigInteger NANOS = BigInteger.valueOf(1_000_000_000);
    private static final BigInteger ATTOS_A_NANO = NANOS;

    private TimeUnits() {}

    static boolean isKnown(String unit) {
        return unit.equals("generic") || UNIT.matcher(unit).matches();
    }

    /** So many units after 1970, rounded down to nanoseconds. */
    static Instant instant(long count, String unit) {
        Matcher parts = parts(unit);
        if (parts.group(2).equals("Y") || parts.group(2).equals("M")) {
            long months = Math.multiplyExact(count, multiple(parts));
            if (parts.group(2).equals("Y")) {
                months = Math.multiplyExact(months, 12L);
            }
            return LocalDate.EPOCH.plusMonths(months).atStartOfDay().toInstant(ZoneOffset.UTC);
        }
        return Instant.EPOCH.plus(duration(count, unit));
    }

    /** So many units, rounded down to nanoseconds. */
    static Duration duration(long count, String unit) {
        Matcher parts = parts(unit);
        BigInteger attos =
                BigInteger.valueOf(count)
                        .multiply(BigInteger.valueOf(multiple(parts)))
                        .multiply(attos(parts.group(2)));
        BigInteger[] nanos = attos.divideAndRemainder(ATTOS_A_NANO);
        BigInteger whole = nanos[1].signum() < 0 ? nanos[0].subtract(BigInteger.ONE) : nanos[0];
        BigInteger[] seconds = whole.divideAndRemainder(NANOS);
        return Duration.ofSeconds(seconds[0].longValueExact(), seconds[1].longValueExact());
    }

    private static Matcher parts(String unit) {
        Matcher parts = UNIT.matcher(unit);
        if (!parts.matches()) {
            throw new IllegalStateException(
                    "times without a unit are counts: read them by getLong");
        }
        return parts;
    }

    private static long multiple(Matcher parts) {
        return parts.group(1) == null ? 1 : Long.parseLong(parts.group(1));
    }

    private static BigInteger attos(String unit) {
        BigInteger second = BigInteger.TEN.pow(18);
        return switch (unit) {
            case "W" -> second.multiply(BigInteger.valueOf(7 * 86_400));
            case "D" -> second.multiply(BigInteger.valueOf(86_400));
            case "h" -> second.multiply(BigInteger.valueOf(3_600));
            case "m" -> second.multiply(BigInteger.valueOf(60));
            case "s" -> second;
            case "ms" -> BigInteger.TEN.pow(15);
            case "us" -> BigInteger.TEN.pow(12);
            case "ns" -> BigInteger.TEN.pow(9);
            case "ps" -> BigInteger.TEN.pow(6);
            case "fs" -> BigInteger.TEN.pow(3);
            case "as" -> BigInteger.ONE;
            default ->
                    throw new IllegalStateException(
                            "spans of months differ in length: read them by getLong");
        };
    }
}
