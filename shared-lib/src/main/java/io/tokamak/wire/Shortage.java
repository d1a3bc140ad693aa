package io.tokamak.wire;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.tokamak.objects.MemoryShortage;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

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
                holders(failure, "pinnedBy", "pinHolders"),
                holders(failure, "leasedBy", "leaseHolders"));
    }

    /** The largest first: as a node's socket says them, or a gateway. */
    private static List<MemoryShortage.Holder> holders(
            WireFailure failure, String lines, String json) {
        return failure.text(json).isEmpty()
                ? failure.text(lines).lines().flatMap(Shortage::ofLine).toList()
                : ofJson(failure.text(json));
    }

    /** {@code session:pid:bytes:process}. */
    private static Stream<MemoryShortage.Holder> ofLine(String line) {
        String[] fields = line.split(":", 4);
        return fields.length == 4
                ? Stream.of(
                        new MemoryShortage.Holder(
                                fields[0],
                                parse(fields[1]),
                                fields[3],
                                Math.max(0, parse(fields[2]))))
                : Stream.empty();
    }

    private static List<MemoryShortage.Holder> ofJson(String array) {
        List<MemoryShortage.Holder> holders = new ArrayList<>();
        try {
            for (JsonElement element : JsonParser.parseString(array).getAsJsonArray()) {
                JsonObject holder = element.getAsJsonObject();
                holders.add(
                        new MemoryShortage.Holder(
                                holder.get("session").getAsString(),
                                holder.get("pid").getAsLong(),
                                holder.get("process").getAsString(),
                                Math.max(0, holder.get("bytes").getAsLong())));
            }
        } catch (JsonParseException | IllegalStateException | NumberFormatException broken) {
            return holders; // as far as it could be read: it is for people
        }
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
