package io.tokamak.checker;

import io.tokamak.layout.PoolFile;
import io.tokamak.memory.Memory;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Settles who has which bytes of the pool: no two records, no two leases, and no record and lease
 * have the same, and what nobody has is free unless a pin withholds it.
 */
final class Settlement {
    /** Leases to writers of many records are at most this part of the pool. */
    private static final int LEASED_PART = 8;

    /** Of a store with more of them, enough is known. */
    private static final int SUSPECTS_MAX = 1000;

    private final Memory pool;
    private final long poolLength;
    private final Ranges records;
    private final List<Lease> leases;
    private final long[] pins;
    private final Findings findings;
    private final long[] suspects = new long[SUSPECTS_MAX];
    private int suspectCount;
    private long leased;
    private long free;
    private long withheld;
    private long pinned;

    /**
     * @param records sorted
     * @param pins pool offsets, sorted, each once
     */
    Settlement(
            Memory pool,
            long poolLength,
            Ranges records,
            List<Lease> leases,
            long[] pins,
            Findings findings) {
        this.pool = pool;
        this.poolLength = poolLength;
        this.records = records;
        this.leases = leases.stream().sorted(Comparator.comparingLong(Lease::drained)).toList();
        this.pins = pins;
        this.findings = findings;
    }

    long leased() {
        return leased;
    }

    long free() {
        return free;
    }

    long withheld() {
        return withheld;
    }

    long pinned() {
        return pinned;
    }

    /** Pool offsets that seem to have two owners, sorted: what {@link Overlaps} looks at again. */
    long[] suspects() {
        return Arrays.stream(suspects, 0, suspectCount).sorted().distinct().toArray();
    }

    void settle() {
        checkRecords();
        checkLeases();
        for (Lease lease : leases) {
            checkLease(lease);
        }
        countFree();
        checkPins();
    }

    private void checkRecords() {
        long end = 0;
        for (int i = 0; i < records.count(); i++) {
            if (records.start(i) < end) {
                suspect(records.start(i));
            }
            end = Math.max(end, records.end(i));
        }
    }

    private void suspect(long position) {
        if (suspectCount < SUSPECTS_MAX) {
            suspects[suspectCount++] = position;
        }
    }

    private void checkLeases() {
        long capacity = poolLength - PoolFile.DATA_OFFSET;
        long shared = 0;
        Lease last = null;
        for (Lease lease : leases) {
            shared += lease.shared() ? lease.bytes() : 0;
            if (last != null && lease.drained() < last.end()) {
                findings.error(
                        Check.LEASES_OVERLAP,
                        lease.place(),
                        "its pool+"
                                + lease.drained()
                                + " to "
                                + lease.end()
                                + " and that of "
                                + last.place()
                                + ", pool+"
                                + last.drained()
                                + " to "
                                + last.end());
            }
            if (last == null || lease.end() > last.end()) {
                last = lease;
            }
        }
        if (shared > capacity / LEASED_PART) {
            findings.warning(
                    Check.LEASED_SHARE,
                    "lanes",
                    shared
                            + " bytes are leased for many records, at most "
                            + capacity / LEASED_PART
                            + " of "
                            + capacity
                            + " may be");
        }
    }

    private void checkLease(Lease lease) {
        Ranges committed = committed(lease);
        leased += lease.bytes();
        int next = records.firstFrom(lease.drained());
        if (next > 0 && records.end(next - 1) > lease.drained()) {
            next--;
        }
        for (; next < records.count() && records.start(next) < lease.end(); next++) {
            long start = records.start(next);
            long end = records.end(next);
            leased -= Math.min(end, lease.end()) - Math.max(start, lease.drained());
            if (!lease.hasPublished(committed, start, end)) {
                suspect(Math.max(start, lease.drained()));
            }
        }
    }

    private Ranges committed(Lease lease) {
        Ranges committed = lease.committed(pool);
        int count = committed.count();
        long end = count == 0 ? lease.drained() : committed.end(count - 1);
        if (end != lease.tail()) {
            findings.warning(
                    Check.LANE_RECORDS,
                    lease.place(),
                    "committed up to pool+" + lease.tail() + ", but no record is at pool+" + end);
        }
        if (count > 0) {
            findings.info(
                    Check.LANE_UNDRAINED, lease.place(), count + " records wait to be drained");
        }
        return committed;
    }

    /** Walks over what records and leases cover, and what lies between. */
    private void countFree() {
        int record = 0;
        int lease = 0;
        int pin = 0;
        long position = PoolFile.DATA_OFFSET;
        while (position < poolLength) {
            long recordStart = record < records.count() ? records.start(record) : poolLength;
            long leaseStart = lease < leases.size() ? leases.get(lease).drained() : poolLength;
            long next = Math.min(recordStart, leaseStart);
            if (next > position) {
                while (pin < pins.length && pins[pin] < position) {
                    pin++;
                }
                long pinnedFrom = pin < pins.length && pins[pin] < next ? pins[pin] : next;
                free += pinnedFrom - position;
                withheld += next - pinnedFrom;
            }
            if (next == poolLength) {
                break;
            }
            long end =
                    recordStart <= leaseStart ? records.end(record++) : leases.get(lease++).end();
            position = Math.max(position, end);
        }
    }

    private void checkPins() {
        int lease = 0;
        for (long pin : pins) {
            int record = records.covering(pin);
            if (record >= 0) {
                if (records.start(record) == pin) {
                    pinned += records.end(record) - pin;
                } else {
                    // A reader that was stopped between storing its pin and looking again.
                    findings.info(
                            Check.PIN_WORD,
                            "pool+" + pin,
                            "a pin names the inside of the record at pool+"
                                    + records.start(record));
                }
                continue;
            }
            while (lease < leases.size() && leases.get(lease).end() <= pin) {
                lease++;
            }
            if (lease < leases.size() && leases.get(lease).drained() <= pin) {
                findings.warning(
                        Check.PIN_IN_LEASE,
                        "pool+" + pin,
                        "pinned, and leased to " + leases.get(lease).place());
            } else {
                findings.info(
                        Check.PIN_IN_FREE_SPACE, "pool+" + pin, "pinned, and no record is there");
            }
        }
    }
}
