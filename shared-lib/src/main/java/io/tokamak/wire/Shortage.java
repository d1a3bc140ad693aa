package io.tokamak.wire;

import io.tokamak.objects.MemoryShortage;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Reads what an {@code out-of-memory} says about the node's memory, and the forms of numbers. */
final class Shortage {
    private Shortage() {}

    static MemoryShortage of(WireFailure failure) {
        return new MemoryShortage(
                failure.number("requested"),
                failure.number("capacity"),
                Math.max(failure.number("live"), failure.number("inUse")),
                failure.number("free"),
                failure.number("pinned"),
                failure.number("leased"),
                failure.number("condemned"),
                failure.number("spillUsed"),
                failure.number("spillCapacity"),
                holders(failure.text("pinnedBy")),
                holders(failure.text("leasedBy")));
    }

    /** Holders come as {@code session:pid:bytes:process}, one to a line, the largest first. */
    private static List<MemoryShortage.Holder> holders(String text) {
        List<MemoryShortage.Holder> holders = new ArrayList<>();
        text.lines()
                .forEach(
                        line -> {
                            String[] fields = line.split(":", 4);
                            if (fields.length == 4) {
                                holders.add(
                                        new MemoryShortage.Holder(
                                                fields[0],
                                                parse(fields[1]),
                                                fields[3],
                                                Math.max(0, parse(fields[2]))));
                            }
                        });
        return holders;
    }

    static long parse(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException none) {
            return 0;
        }
    }

    /** Milliseconds since the epoch, or ISO 8601; the epoch when it is neither. */
    static Instant instant(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeException none) {
            return Instant.ofEpochMilli(parse(text));
        }
    }
}
