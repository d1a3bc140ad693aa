package io.tokamak.layout;

/**
 * A file below {@code sessions/}: what one attached process shares with the node. Its name, 24
 * random hex digits and 8 of the session's number, is its secret. The client holds the file's lock
 * for as long as it lives; the node believes nothing that it reads here.
 *
 * <pre>
 *      0  layout         u64    {@link StoreFile#LAYOUT}, by the node, last
 *      8  sessionNumber  u32    by the node
 *     12  state          u32    by the node: OFFERED, GO, FENCED
 *     16  laneCount      u32    by the node
 *     20  pinLimit       u32    by the node: pin words that the file has room for
 *     24  accessLimit    u32    by the node: entries of the ring of accesses, a power of two
 *     64  pid            u32    by the client, as is this line
 *     68  language       u32    1 Java, 2 Python, 3 Rust, 4 C
 *     72  attachedAt     u64    milliseconds since the epoch
 *     80  name           48 bytes UTF-8, padded with zeros
 *    128  pinHighWater   u32    by the client: pin words from here on were never used                    R2
 *    136  gets           u64    by the client, from time to time: objects that it got in place, or copied
 *    192  accessTail     u64    by the client: entries written so far                                    R7
 *    256  accessHead     u64    by the node: entries read so far                                         R7
 *    320  notified       u32    by the node: a futex that moves whenever a wait of this session may end  R6
 *   4096  lanes          laneCount x 256 bytes
 *         accesses       accessLimit x 16 bytes, object ids
 *         pins           pinLimit x u64, eight to a cache line: 0 or pool offset / 16 + 1                R2
 * </pre>
 *
 * A lane has two extents at most: the one being filled and the next. The extent with number {@code
 * n} stands at {@code n & 1}; numbers begin at 1. A position is a number and an offset: bits 48-63
 * the low bits of the extent's number, bits 0-47 the offset in granules of 16 bytes.
 *
 * <pre>
 *      0  extents    2 x {start u64, length u64}, pool offset and bytes, by the node
 *     32  offered    u64   number of the newest extent, by the node, last                                R8
 *     40  drained    u64   position up to which records were published, by the node                      R8
 *     48  kind       u32   by the node: FREE, SHARED (many records), SINGLE (one large record)
 *     64  tails      2 x u64  position up to which records are committed, by the client                  R8
 *     80  wanted     u64   number of the extent that the client would like next, by the client
 *    128  answered   u64   position of the named record that was answered last, by the node              R9
 *    136  answer     u32   CREATED, EXISTS, REFUSED
 *    140  answers    u32   a futex that moves with every answer                                          R9
 *    144  incarnation u64  of the object under that name, when CREATED or EXISTS
 *    160  proofs     2 x {serial u64, code u64}, of the extents, by the node for the one after it
 * </pre>
 */
public final class SessionFile {
    public static final String FOLDER = "sessions";

    public static final long LAYOUT_OFFSET = 0;
    public static final long SESSION_NUMBER_OFFSET = 8;
    public static final long STATE_OFFSET = 12;
    public static final long LANE_COUNT_OFFSET = 16;
    public static final long PIN_LIMIT_OFFSET = 20;
    public static final long ACCESS_LIMIT_OFFSET = 24;
    public static final long PID_OFFSET = 64;
    public static final long LANGUAGE_OFFSET = 68;
    public static final long ATTACHED_AT_OFFSET = 72;
    public static final long NAME_OFFSET = 80;
    public static final int NAME_BYTES_MAX = 48;
    public static final long PIN_HIGH_WATER_OFFSET = 128;
    public static final long GETS_OFFSET = 136;
    public static final long ACCESS_TAIL_OFFSET = 192;
    public static final long ACCESS_HEAD_OFFSET = 256;
    public static final long NOTIFIED_OFFSET = 320;

    public static final int STATE_OFFERED = 1;
    public static final int STATE_GO = 2;
    public static final int STATE_FENCED = 3;

    public static final int LANGUAGE_JAVA = 1;
    public static final int LANGUAGE_PYTHON = 2;
    public static final int LANGUAGE_RUST = 3;
    public static final int LANGUAGE_C = 4;

    public static final int LANE_COUNT = 128;
    public static final int ACCESS_LIMIT = 4096;
    public static final int PIN_LIMIT = 65_536;

    /**
     * Pin words for which the node allocates blocks; beyond, the client does before it raises the
     * high water.
     */
    public static final int PINS_ALLOCATED = 512;

    public static final int PINS_PER_LINE = 8;

    public static final long LANES_OFFSET = 4096;
    public static final int LANE_BYTES = 256;
    public static final long ACCESSES_OFFSET = LANES_OFFSET + LANE_COUNT * LANE_BYTES;
    public static final int ACCESS_BYTES = 16;
    public static final long PINS_OFFSET = ACCESSES_OFFSET + ACCESS_LIMIT * ACCESS_BYTES;
    public static final long LENGTH = PINS_OFFSET + (long) PIN_LIMIT * Long.BYTES;

    public static final long EXTENTS_OFFSET = 0;
    public static final long EXTENT_BYTES = 16;
    public static final long OFFERED_OFFSET = 32;
    public static final long DRAINED_OFFSET = 40;
    public static final long KIND_OFFSET = 48;
    public static final long TAILS_OFFSET = 64;
    public static final long WANTED_OFFSET = 80;
    public static final long ANSWERED_OFFSET = 128;
    public static final long ANSWER_OFFSET = 136;
    public static final long ANSWERS_OFFSET = 140;
    public static final long ANSWER_INCARNATION_OFFSET = 144;
    public static final long PROOFS_OFFSET = 160;
    public static final long PROOF_BYTES = 16;

    public static final int KIND_FREE = 0;
    public static final int KIND_SHARED = 1;
    public static final int KIND_SINGLE = 2;

    public static final int ANSWER_CREATED = 1;
    public static final int ANSWER_EXISTS = 2;
    public static final int ANSWER_REFUSED = 3;

    private static final long OFFSET_MASK = (1L << 48) - 1;

    private SessionFile() {}

    public static long laneOffset(int lane) {
        return LANES_OFFSET + (long) lane * LANE_BYTES;
    }

    /** Offset in a lane of the extent with this number. */
    public static long extentOffset(long extentNumber) {
        return EXTENTS_OFFSET + (extentNumber & 1) * EXTENT_BYTES;
    }

    /** Offset in a lane of the proof of the extent with this number. */
    public static long proofOffset(long extentNumber) {
        return PROOFS_OFFSET + (extentNumber & 1) * PROOF_BYTES;
    }

    /** Offset in a lane of the tail of the extent with this number. */
    public static long tailOffset(long extentNumber) {
        return TAILS_OFFSET + (extentNumber & 1) * Long.BYTES;
    }

    public static long pinOffset(int pin) {
        return PINS_OFFSET + (long) pin * Long.BYTES;
    }

    public static long accessOffset(long access) {
        return ACCESSES_OFFSET + (access & (ACCESS_LIMIT - 1)) * ACCESS_BYTES;
    }

    /** A position in a lane, {@code offset} in bytes from the start of the extent. */
    public static long position(long extentNumber, long offset) {
        return extentNumber << 48 | offset / PoolFile.GRANULE_BYTES;
    }

    /** Bytes from the start of the extent. */
    public static long positionOffset(long position) {
        return (position & OFFSET_MASK) * PoolFile.GRANULE_BYTES;
    }

    /**
     * Whether the position lies in the extent with this number, of which it knows the low 16 bits.
     */
    public static boolean isInExtent(long position, long extentNumber) {
        return position >>> 48 == (extentNumber & 0xFFFF);
    }
}
