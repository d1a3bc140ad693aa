package io.tokamak.node.objects;

import io.tokamak.index.IndexWriter;
import io.tokamak.layout.PoolFile;
import io.tokamak.layout.SessionFile;
import io.tokamak.memory.Futex;
import io.tokamak.memory.Memory;
import io.tokamak.memory.OpenFile;
import io.tokamak.objects.ObjectId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The node's side of a session. The file is the client's to write: whatever is read from it is read
 * once, and checked by who asked. A client that truncates its file makes an access to it end in an
 * {@link InternalError} (the JVM's answer to a fault on mapped memory); the session is then {@link
 * #isUnreadable unreadable}, and its mapping is left alone. The owner thread's.
 */
final class AttachedSession {
    enum State {
        /** The client was told the name and has not said ready. */
        OFFERED,
        ATTACHED,
        /** May do nothing new; keeps what it has until its process is gone. */
        FENCED
    }

    /** Of ten million a second, those of a year. */
    private static final long GETS_MAX = 1L << 48;

    final String name;
    final int number;
    final OpenFile file;
    final Memory memory;
    final Lane[] lanes = new Lane[SessionFile.LANE_COUNT];
    final long offeredNanos;
    State state = State.OFFERED;

    /** Lanes from here on were never leased. */
    int laneHighWater;

    /** Where the search for a free lane goes on: a lane just given back is used again last. */
    private int laneCursor;

    /** Who attached; the node, as long as nobody has resumed a session of before. */
    Peer peer = Peer.NODE;

    /** Objects that it is notified of, at most {@link Waits#INTERESTS_MAX}. */
    int interestCount;

    /** Objects that end with this session. */
    final Set<ObjectId> ownObjects = new LinkedHashSet<>();

    private final LeaseProofs proofs;
    private boolean unreadable;
    private boolean buried;

    /**
     * What the lanes of an earlier node's session claim was contradicted: nothing of it is lent
     * again.
     */
    boolean contested;

    private long accessHead;
    private long getsSeen;

    /**
     * Pool offsets of pinned records at the last scan, and since when each word was seen to hold
     * its value.
     */
    private long[] pinned = new long[0];

    private long[] pinnedSinceMillis = new long[0];

    AttachedSession(String name, int number, OpenFile file, LeaseProofs proofs, long offeredNanos)
            throws IOException {
        this.name = name;
        this.proofs = proofs;
        this.number = number;
        this.file = file;
        this.memory = file.map(true, SessionFile.LENGTH);
        this.offeredNanos = offeredNanos;
        Arrays.setAll(lanes, Lane::new);
    }

    /** Goes on where a node before this one stopped. */
    void takeOver() {
        accessHead = memory.getLongAcquire(SessionFile.ACCESS_HEAD_OFFSET);
        getsSeen = memory.getLongOpaque(SessionFile.GETS_OFFSET);
        state =
                switch (memory.getIntAcquire(SessionFile.STATE_OFFSET)) {
                    case SessionFile.STATE_GO -> State.ATTACHED;
                    case SessionFile.STATE_FENCED -> State.FENCED;
                    default -> State.OFFERED;
                };
    }

    boolean isUnreadable() {
        return unreadable;
    }

    /** Ends the mapping and the file, and with it the node's lock. */
    void close() {
        unreadable = true;
        buried = true;
        memory.vacate();
        file.close();
    }

    void setUnreadable() {
        unreadable = true;
    }

    /** Its process is gone, and what it held was taken back. */
    boolean isBuried() {
        return buried;
    }

    boolean isDraining() {
        return state == State.ATTACHED && !unreadable;
    }

    /**
     * Position up to which the client says to have committed records of the extent with this number
     * (R8).
     */
    long tail(Lane lane, long extentNumber) {
        return memory.getLongAcquire(
                SessionFile.laneOffset(lane.number) + SessionFile.tailOffset(extentNumber));
    }

    /** Number of the extent that the client would like to have. */
    long wantedExtent(Lane lane) {
        return memory.getLongOpaque(
                SessionFile.laneOffset(lane.number) + SessionFile.WANTED_OFFSET);
    }

    void storeDrained(Lane lane, long position) {
        if (!unreadable) {
            memory.putLongRelease(
                    SessionFile.laneOffset(lane.number) + SessionFile.DRAINED_OFFSET, position);
        }
    }

    /**
     * Reads an extent that a node has offered, into the lane.
     *
     * @return whether there is proof that one has, or can be none
     */
    boolean readExtent(Lane lane, long extentNumber) {
        long at = SessionFile.laneOffset(lane.number) + SessionFile.extentOffset(extentNumber);
        lane.setExtent(extentNumber, memory.getLong(at), memory.getLong(at + Long.BYTES));
        if (!proofs.areEstablished()) {
            lane.setSerial(extentNumber, 0);
            return true;
        }
        return isProven(lane, extentNumber, extentNumber)
                || (lane.kind == SessionFile.KIND_SINGLE
                        && isProven(lane, extentNumber, extentNumber + 1));
    }

    /**
     * @param place number of the extent in whose place the proof lies
     */
    private boolean isProven(Lane lane, long extentNumber, long place) {
        long proof = SessionFile.laneOffset(lane.number) + SessionFile.proofOffset(place);
        lane.setSerial(extentNumber, memory.getLong(proof));
        return memory.getLong(proof + Long.BYTES) == proofOf(lane, extentNumber);
    }

    private long proofOf(Lane lane, long extentNumber) {
        return proofs.of(
                number,
                lane.number,
                extentNumber,
                lane.start(extentNumber),
                lane.length(extentNumber),
                lane.serial(extentNumber));
    }

    /** Offers an extent (R8): start, length and proof, then its number. */
    void storeExtent(Lane lane, long extentNumber) {
        if (unreadable) {
            return;
        }
        long base = SessionFile.laneOffset(lane.number);
        memory.putLong(base + SessionFile.extentOffset(extentNumber), lane.start(extentNumber));
        memory.putLong(
                base + SessionFile.extentOffset(extentNumber) + Long.BYTES,
                lane.length(extentNumber));
        storeProof(lane, extentNumber, extentNumber);
        memory.putLongRelease(base + SessionFile.OFFERED_OFFSET, extentNumber);
    }

    /**
     * Stores the new length of the extent of a lane for one record. At every moment there is proof
     * of the length that stands there: first in the place of a next extent, which such a lane never
     * has.
     *
     * @param steps is told what was done
     */
    void storeLength(Lane lane, IndexWriter.Steps steps) {
        if (unreadable) {
            return;
        }
        storeProof(lane, lane.extent, lane.extent + 1);
        steps.reached("length.proven");
        memory.putLongRelease(
                SessionFile.laneOffset(lane.number)
                        + SessionFile.extentOffset(lane.extent)
                        + Long.BYTES,
                lane.length(lane.extent));
        steps.reached("length.stored");
        storeProof(lane, lane.extent, lane.extent);
    }

    private void storeProof(Lane lane, long extentNumber, long place) {
        long proof = SessionFile.laneOffset(lane.number) + SessionFile.proofOffset(place);
        memory.putLongRelease(proof, lane.serial(extentNumber));
        memory.putLongRelease(proof + Long.BYTES, proofOf(lane, extentNumber));
    }

    void storeKind(Lane lane) {
        if (!unreadable) {
            memory.putIntRelease(
                    SessionFile.laneOffset(lane.number) + SessionFile.KIND_OFFSET, lane.kind);
        }
    }

    /** Answers a named put (R9). */
    void storeAnswer(Lane lane, long position, int answer, long incarnation) {
        if (unreadable) {
            return;
        }
        long base = SessionFile.laneOffset(lane.number);
        memory.putIntOpaque(base + SessionFile.ANSWER_OFFSET, answer);
        memory.putLongOpaque(base + SessionFile.ANSWER_INCARNATION_OFFSET, incarnation);
        memory.putLongRelease(base + SessionFile.ANSWERED_OFFSET, position);
        memory.getAndAddInt(base + SessionFile.ANSWERS_OFFSET, 1);
        Futex.wake(memory, base + SessionFile.ANSWERS_OFFSET, Integer.MAX_VALUE);
    }

    void storeState(int fileState) {
        if (!unreadable) {
            memory.putIntRelease(SessionFile.STATE_OFFSET, fileState);
        }
    }

    /**
     * Tells the session that a wait of its may end (R6): call after a full fence that follows the
     * publication.
     */
    void notifyWaiters() {
        if (!unreadable) {
            memory.getAndAddInt(SessionFile.NOTIFIED_OFFSET, 1);
            Futex.wake(memory, SessionFile.NOTIFIED_OFFSET, Integer.MAX_VALUE);
        }
    }

    /**
     * A lane to be leased: one for each thread that puts at the same time, one for each large
     * object being written. Null: all are in use.
     */
    @Nullable Lane freeLane() {
        for (int i = 0; i < lanes.length; i++) {
            Lane lane = lanes[(laneCursor + i) % lanes.length];
            if (lane.isFree()) {
                laneCursor = (lane.number + 1) % lanes.length;
                laneHighWater = Math.max(laneHighWater, lane.number + 1);
                return lane;
            }
        }
        return null;
    }

    /**
     * Reads the ring of accesses (R7).
     *
     * @return entries that were read, at most the ring's length
     */
    int readAccesses(AccessVisitor visitor) {
        long tail = memory.getLongAcquire(SessionFile.ACCESS_TAIL_OFFSET);
        long count = tail - accessHead;
        if (count <= 0 || count > SessionFile.ACCESS_LIMIT) {
            accessHead = tail;
            count = 0;
        }
        for (long i = 0; i < count; i++) {
            long at = SessionFile.accessOffset(accessHead + i);
            visitor.accessed(memory.getLong(at), memory.getLong(at + Long.BYTES));
        }
        if (count > 0) {
            accessHead = tail;
            memory.putLongRelease(SessionFile.ACCESS_HEAD_OFFSET, tail);
        }
        return (int) count;
    }

    /**
     * Reads how many objects the client says to have got since this was called last. What no client
     * can have got in a node's life is not believed.
     */
    long readGets() {
        long gets = memory.getLongOpaque(SessionFile.GETS_OFFSET);
        long more = gets - getsSeen;
        getsSeen = gets;
        return more >= 0 && more <= GETS_MAX ? more : 0;
    }

    interface AccessVisitor {
        void accessed(long idFirst, long idSecond);
    }

    /** Reads the pin words (R2), after the full fence that follows the last condemnation. */
    void readPins(long nowMillis) {
        int words = pinHighWater();
        if (words > pinned.length) {
            pinned = Arrays.copyOf(pinned, words);
            pinnedSinceMillis = Arrays.copyOf(pinnedSinceMillis, words);
        }
        for (int word = 0; word < words; word++) {
            long pin = memory.getLongAcquire(SessionFile.pinOffset(word));
            long location = pin == 0 ? 0 : PoolFile.pinnedLocation(pin);
            if (location != pinned[word]) {
                pinned[word] = location;
                pinnedSinceMillis[word] = nowMillis;
            }
        }
    }

    private int pinHighWater() {
        return Math.clamp(
                Integer.toUnsignedLong(memory.getIntAcquire(SessionFile.PIN_HIGH_WATER_OFFSET)),
                0,
                SessionFile.PIN_LIMIT);
    }

    /** How much of its file the client says to use. */
    long usedBytes() {
        return SessionFile.pinOffset(Math.max(pinHighWater(), SessionFile.PINS_ALLOCATED));
    }

    /**
     * Adds the pins that were read last: those of an unreadable session are kept until it is
     * buried.
     */
    void addPins(PinSet pins) {
        for (long location : pinned) {
            if (location != 0) {
                pins.add(location);
            }
        }
    }

    int pinCount() {
        int count = 0;
        for (long location : pinned) {
            if (location != 0) {
                count++;
            }
        }
        return count;
    }

    /** Pins at the last scan of a record at this pool offset. */
    int pinCount(long location) {
        int count = 0;
        for (long other : pinned) {
            if (other == location) {
                count++;
            }
        }
        return count;
    }

    long pinnedSinceMillis(long location) {
        long since = Long.MAX_VALUE;
        for (int word = 0; word < pinned.length; word++) {
            if (pinned[word] == location) {
                since = Math.min(since, pinnedSinceMillis[word]);
            }
        }
        return since;
    }

    /** Visits the pool offsets of pinned records at the last scan. */
    void forEachPin(PinVisitor visitor) {
        for (int word = 0; word < pinned.length; word++) {
            if (pinned[word] != 0) {
                visitor.pinned(pinned[word], pinnedSinceMillis[word]);
            }
        }
    }

    interface PinVisitor {
        void pinned(long location, long sinceMillis);
    }

    int pid() {
        return unreadable ? 0 : memory.getIntOpaque(SessionFile.PID_OFFSET);
    }

    int language() {
        return unreadable ? 0 : memory.getIntOpaque(SessionFile.LANGUAGE_OFFSET);
    }

    long attachedMillis() {
        return unreadable ? 0 : memory.getLongOpaque(SessionFile.ATTACHED_AT_OFFSET);
    }

    /**
     * The name that the process gave itself, with anything that could harm a terminal or a log
     * taken out.
     */
    String processName() {
        if (unreadable) {
            return "?";
        }
        byte[] text = new byte[SessionFile.NAME_BYTES_MAX];
        memory.copyTo(SessionFile.NAME_OFFSET, text, 0, text.length);
        int length = 0;
        while (length < text.length && text[length] != 0) {
            length++;
        }
        return new String(text, 0, length, StandardCharsets.UTF_8).replaceAll("\\p{C}", "?");
    }

    /** Bytes between what was published and what the client says to have committed, as it says. */
    long undrainedBytes() {
        long bytes = 0;
        for (int i = 0; i < laneHighWater; i++) {
            Lane lane = lanes[i];
            long tail = lane.isFree() ? 0 : tail(lane, lane.extent);
            if (!lane.isFree() && SessionFile.isInExtent(tail, lane.extent)) {
                bytes +=
                        Math.clamp(
                                SessionFile.positionOffset(tail) - lane.drained,
                                0,
                                lane.length(lane.extent));
            }
        }
        return bytes;
    }

    long leasedBytes() {
        long bytes = 0;
        for (int i = 0; i < laneHighWater; i++) {
            bytes += lanes[i].leasedBytes();
        }
        return bytes;
    }

    int leasedLanes() {
        int count = 0;
        for (int i = 0; i < laneHighWater; i++) {
            if (!lanes[i].isFree()) {
                count++;
            }
        }
        return count;
    }
}
