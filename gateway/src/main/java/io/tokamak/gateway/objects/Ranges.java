package io.tokamak.gateway.objects;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The Range header of RFC 9110, section 14. */
final class Ranges {
    static final int COUNT_MAX = 64;

    /**
     * Bytes of a payload.
     *
     * @param start of the first byte
     * @param end after the last byte, more than {@code start}
     */
    record Part(long start, long end) {
        long length() {
            return end - start;
        }

        /** The value of {@code Content-Range}. */
        String header(long size) {
            return "bytes " + start + "-" + (end - 1) + "/" + size;
        }
    }

    private Ranges() {}

    /**
     * The parts that a header asks for: by their start, joined where they overlap or touch. Null:
     * there is no header, or one to be ignored.
     *
     * @throws Refusal {@code range-not-satisfiable}: too many, or none lies within the payload
     */
    static @Nullable List<Part> parse(@Nullable String header, long size) {
        if (header == null || !header.regionMatches(true, 0, "bytes=", 0, 6)) {
            return null;
        }
        String[] specifications = header.substring(6).split(",", -1);
        List<Part> parts = new ArrayList<>();
        int count = 0;
        for (String text : specifications) {
            String specification = text.strip();
            if (specification.isEmpty()) {
                continue;
            }
            long[] range = parseOne(specification, size);
            if (range == null) {
                return null;
            }
            count++;
            if (range[0] < range[1]) {
                parts.add(new Part(range[0], range[1]));
            }
        }
        if (count == 0) {
            return null;
        }
        if (count > COUNT_MAX) {
            throw Refusal.rangeNotSatisfiable(size, count + " ranges, at most " + COUNT_MAX);
        }
        if (parts.isEmpty()) {
            throw Refusal.rangeNotSatisfiable(size, "no byte asked for is among the " + size);
        }
        return joined(parts);
    }

    /** Start and end, which is not after the start when no byte is there; null: malformed. */
    private static long @Nullable [] parseOne(String text, long size) {
        int dash = text.indexOf('-');
        if (dash < 0) {
            return null;
        }
        String first = text.substring(0, dash);
        String last = text.substring(dash + 1);
        if (!isDigits(first) || !isDigits(last) || (first.isEmpty() && last.isEmpty())) {
            return null;
        }
        if (first.isEmpty()) {
            return new long[] {Math.max(0, size - saturated(last)), size};
        }
        long start = saturated(first);
        if (last.isEmpty()) {
            return new long[] {start, size};
        }
        long inclusive = saturated(last);
        return inclusive < start ? null : new long[] {start, Math.min(size - 1, inclusive) + 1};
    }

    private static List<Part> joined(List<Part> parts) {
        parts.sort(Comparator.comparingLong(Part::start));
        List<Part> joined = new ArrayList<>();
        Part open = parts.getFirst();
        for (Part part : parts.subList(1, parts.size())) {
            if (part.start() <= open.end()) {
                open = new Part(open.start(), Math.max(open.end(), part.end()));
            } else {
                joined.add(open);
                open = part;
            }
        }
        joined.add(open);
        return List.copyOf(joined);
    }

    private static boolean isDigits(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }

    /** A number of more than 18 digits is beyond any payload. */
    private static long saturated(String digits) {
        String significant = digits.replaceFirst("^0+", "");
        if (significant.isEmpty()) {
            return 0;
        }
        return significant.length() > 18 ? Long.MAX_VALUE / 2 : Long.parseLong(significant);
    }
}
