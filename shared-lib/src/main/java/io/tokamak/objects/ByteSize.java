package io.tokamak.objects;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;

/**
 * Sizes in bytes as people read and write them. A unit is a power of 1,024: {@code 1GB} is {@code
 * 1GiB}, as it is in the configuration.
 */
public final class ByteSize {
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

    private ByteSize() {}

    /**
     * In the largest unit that leaves 1 or more, with one decimal below 10: {@code 6.1 GiB}, {@code
     * 96 MiB}.
     */
    public static String format(long bytes) {
        if (bytes < 0) {
            return bytes == Long.MIN_VALUE ? "-8 EiB" : "-" + format(-bytes);
        }
        int unit = bytes == 0 ? 0 : (63 - Long.numberOfLeadingZeros(bytes)) / 10;
        String number = round(bytes, unit);
        if (number.equals("1024") && unit < UNITS.length - 1) {
            unit++;
            number = "1";
        }
        return number + ' ' + UNITS[unit];
    }

    /**
     * Reads a whole number and its unit: B, KB, MB, GB, TB or KiB, MiB, GiB, TiB, in either case,
     * with or without a space. A bare number is bytes.
     *
     * @throws InvalidRequest {@code bad-parameter}
     */
    public static long parse(String text) {
        int digits = 0;
        while (digits < text.length() && text.charAt(digits) >= '0' && text.charAt(digits) <= '9') {
            digits++;
        }
        int shift = shift(text.substring(digits).strip());
        if (digits == 0 || digits > 19 || shift < 0) {
            throw bad(text);
        }
        try {
            return Math.multiplyExact(Long.parseLong(text.substring(0, digits)), 1L << shift);
        } catch (ArithmeticException | NumberFormatException tooLarge) {
            throw bad(text);
        }
    }

    private static String round(long bytes, int unit) {
        BigDecimal value = BigDecimal.valueOf(bytes).divide(BigDecimal.valueOf(1L << (10 * unit)));
        boolean small = value.compareTo(BigDecimal.TEN) < 0;
        BigDecimal rounded = value.setScale(small ? 1 : 0, RoundingMode.HALF_UP);
        return rounded.signum() == 0 ? "0" : rounded.stripTrailingZeros().toPlainString();
    }

    private static int shift(String unit) {
        return switch (unit.toLowerCase(Locale.ROOT)) {
            case "", "b" -> 0;
            case "kb", "kib" -> 10;
            case "mb", "mib" -> 20;
            case "gb", "gib" -> 30;
            case "tb", "tib" -> 40;
            default -> -1;
        };
    }

    private static InvalidRequest bad(String text) {
        return new InvalidRequest(
                InvalidRequest.BAD_PARAMETER,
                "bad size " + Quoted.of(text),
                "write a whole number below 8 EiB and its unit: 512MiB, 1GB");
    }
}
