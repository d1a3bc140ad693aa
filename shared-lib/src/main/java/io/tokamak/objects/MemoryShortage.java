package io.tokamak.objects;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * Where a node's memory was when a put found none: the state behind {@link OutOfMemory}. All sizes
 * are bytes, 0 or more.
 *
 * @param requestedBytes what the put needs
 * @param capacityBytes the pool
 * @param liveBytes objects that can be found
 * @param freeBytes free, though perhaps in pieces too small
 * @param pinnedBytes held by readers, part of live or condemned
 * @param leasedBytes lent to writers and not yet written
 * @param condemnedBytes deleted or evicted, waiting for their last pin
 * @param spillUsedBytes on the spill disk
 * @param spillCapacityBytes of the spill disk; 0 when spilling is off
 * @param pinHolders who pins most, the largest first
 * @param leaseHolders who has leased most, the largest first
 */
public record MemoryShortage(
        long requestedBytes,
        long capacityBytes,
        long liveBytes,
        long freeBytes,
        long pinnedBytes,
        long leasedBytes,
        long condemnedBytes,
        long spillUsedBytes,
        long spillCapacityBytes,
        List<Holder> pinHolders,
        List<Holder> leaseHolders) {

    /**
     * A process that keeps memory from being used.
     *
     * @param session its session
     * @param pid its process
     * @param process the name of the process
     * @param bytes what it holds
     */
    public record Holder(String session, long pid, String process, long bytes) {
        public Holder {
            checkNotNegative("bytes", bytes);
        }

        SequencedMap<String, Object> numbers() {
            SequencedMap<String, Object> numbers = new LinkedHashMap<>();
            numbers.put("session", session);
            numbers.put("pid", pid);
            numbers.put("process", process);
            numbers.put("bytes", bytes);
            return numbers;
        }
    }

    public MemoryShortage {
        checkNotNegative("requestedBytes", requestedBytes);
        checkNotNegative("capacityBytes", capacityBytes);
        checkNotNegative("liveBytes", liveBytes);
        checkNotNegative("freeBytes", freeBytes);
        checkNotNegative("pinnedBytes", pinnedBytes);
        checkNotNegative("leasedBytes", leasedBytes);
        checkNotNegative("condemnedBytes", condemnedBytes);
        checkNotNegative("spillUsedBytes", spillUsedBytes);
        checkNotNegative("spillCapacityBytes", spillCapacityBytes);
        pinHolders = List.copyOf(pinHolders);
        leaseHolders = List.copyOf(leaseHolders);
    }

    String detail() {
        StringBuilder text = new StringBuilder(160);
        text.append("out of memory: put of ").append(ByteSize.format(requestedBytes));
        text.append(", free ").append(ByteSize.format(freeBytes));
        text.append(" of ").append(ByteSize.format(capacityBytes));
        append(text, "pinned", pinnedBytes, pinHolders);
        append(text, "leased", leasedBytes, leaseHolders);
        append(text, "condemned", condemnedBytes, List.of());
        if (spillCapacityBytes > 0) {
            append(text, "spilled", spillUsedBytes, List.of());
            text.append(" of ").append(ByteSize.format(spillCapacityBytes));
        }
        return text.toString();
    }

    /** What would help here, the largest cause first. */
    String remedy() {
        boolean pinsWeigh = pinnedBytes >= leasedBytes && pinnedBytes > 0;
        boolean leasesWeigh = !pinsWeigh && leasedBytes > requestedBytes;
        String first =
                pinsWeigh
                        ? "close views, delete"
                        : leasesWeigh ? "let writers finish, delete" : "delete";
        boolean spillIsFull =
                spillCapacityBytes > 0 && spillUsedBytes > spillCapacityBytes / 10 * 9;
        return first
                + (spillIsFull ? ", free the spill disk" : "")
                + ", or raise tokamak.pool.size";
    }

    SequencedMap<String, Object> numbers() {
        SequencedMap<String, Object> numbers = new LinkedHashMap<>();
        numbers.put("requested", requestedBytes);
        numbers.put("capacity", capacityBytes);
        numbers.put("live", liveBytes);
        numbers.put("free", freeBytes);
        numbers.put("pinned", pinnedBytes);
        numbers.put("leased", leasedBytes);
        numbers.put("condemned", condemnedBytes);
        numbers.put("spillUsed", spillUsedBytes);
        numbers.put("spillCapacity", spillCapacityBytes);
        numbers.put("pinHolders", maps(pinHolders));
        numbers.put("leaseHolders", maps(leaseHolders));
        return numbers;
    }

    private static List<Map<String, Object>> maps(List<Holder> holders) {
        return holders.stream().<Map<String, Object>>map(Holder::numbers).toList();
    }

    private static void append(StringBuilder text, String what, long bytes, List<Holder> holders) {
        if (bytes == 0) {
            return;
        }
        text.append(", ").append(what).append(' ').append(ByteSize.format(bytes));
        if (!holders.isEmpty()) {
            Holder largest = holders.getFirst();
            text.append(" (").append(ByteSize.format(largest.bytes()));
            text.append(" by ").append(largest.process());
            text.append(" with pid ").append(largest.pid()).append(')');
        }
    }

    private static void checkNotNegative(String what, long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException(what + " is " + bytes);
        }
    }
}
