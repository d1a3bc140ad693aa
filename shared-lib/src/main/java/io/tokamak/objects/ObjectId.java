package io.tokamak.objects;

import java.nio.charset.StandardCharsets;

/**
 * The name of an object: 16 bytes, in text 32 hex digits. The digits are the bytes in order, and
 * each field is big-endian, so that ids, their bytes and their text all sort the same way.
 *
 * <pre>
 *             byte 0   1    2    3    4    5    6    7    8    9   10   11   12   13   14   15
 *               +----+-------------------+-------------------+----------------------------------+
 *  anonymous    |  1 |  store number u32 | session number u32|           counter u56            |
 *               +----+-------------------+-------------------+----------------------------------+
 *  named        |  2 |      the first 15 bytes of SHA-256(namespace, 0, key), both UTF-8        |
 *               +----+--------------------------------------------------------------------------+
 *               |<------ mostSignificantBits, bytes 0-7 ------>|<- leastSignificantBits, 8-15 ->|
 * </pre>
 *
 * <p>Other kinds can be read and asked for; no object has such an id.
 *
 * @param mostSignificantBits bytes 0 to 7, byte 0 the highest
 * @param leastSignificantBits bytes 8 to 15, byte 8 the highest
 */
public record ObjectId(long mostSignificantBits, long leastSignificantBits)
        implements Comparable<ObjectId> {
    public static final int SIZE_BYTES = 16;

    /** Hex digits in the text form. */
    public static final int TEXT_LENGTH = 2 * SIZE_BYTES;

    public static final int KIND_ANONYMOUS = 1;
    public static final int KIND_NAMED = 2;

    /** The last counter of a session: 2<sup>56</sup> - 1. */
    public static final long COUNTER_MAX = (1L << 56) - 1;

    private static final byte[] HEX_DIGITS =
            "0123456789abcdef".getBytes(StandardCharsets.ISO_8859_1);

    /**
     * The id of an object without a name: it costs nothing to make and says where its home is.
     *
     * @param storeNumber claimed once per folder, never used again; unsigned
     * @param sessionNumber never used again within the store; unsigned
     * @param counter 0 to {@link #COUNTER_MAX}, never used again within the session
     */
    public static ObjectId anonymous(int storeNumber, int sessionNumber, long counter) {
        if (counter < 0 || counter > COUNTER_MAX) {
            throw new IllegalArgumentException(
                    "counter " + counter + ", must be 0 to " + COUNTER_MAX);
        }
        return new ObjectId(
                (long) KIND_ANONYMOUS << 56
                        | Integer.toUnsignedLong(storeNumber) << 24
                        | sessionNumber >>> 8,
                (long) sessionNumber << 56 | counter);
    }

    /** The id that everyone computes from this name. */
    public static ObjectId named(ObjectName name) {
        return NameDigest.of(name);
    }

    /**
     * Reads 32 hex digits of either case.
     *
     * @throws InvalidRequest {@code bad-id}
     */
    public static ObjectId parse(String text) {
        if (text.length() != TEXT_LENGTH) {
            throw new InvalidRequest(
                    InvalidRequest.BAD_ID,
                    "bad id " + Quoted.of(text) + ": " + text.length() + " characters",
                    "send 32 hex digits",
                    Numbers.of("limit", TEXT_LENGTH, "actual", text.length()));
        }
        return new ObjectId(parseLong(text, 0), parseLong(text, TEXT_LENGTH / 2));
    }

    /** Whether {@link #parse} would accept this text. */
    public static boolean isId(String text) {
        if (text.length() != TEXT_LENGTH) {
            return false;
        }
        for (int i = 0; i < TEXT_LENGTH; i++) {
            if (digit(text.charAt(i)) < 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * Reads the 16 bytes of an id.
     *
     * @param offset of byte 0
     */
    public static ObjectId ofBytes(byte[] bytes, int offset) {
        return new ObjectId(BigEndian.getLong(bytes, offset), BigEndian.getLong(bytes, offset + 8));
    }

    /** The 16 bytes, byte 0 first. */
    public byte[] toBytes() {
        byte[] bytes = new byte[SIZE_BYTES];
        BigEndian.putLong(bytes, 0, mostSignificantBits);
        BigEndian.putLong(bytes, 8, leastSignificantBits);
        return bytes;
    }

    /** Byte 0: {@link #KIND_ANONYMOUS}, {@link #KIND_NAMED}, or a kind that no object has. */
    public int kind() {
        return (int) (mostSignificantBits >>> 56);
    }

    public boolean isAnonymous() {
        return kind() == KIND_ANONYMOUS;
    }

    public boolean isNamed() {
        return kind() == KIND_NAMED;
    }

    /** The store of its home, unsigned. Without meaning unless {@link #isAnonymous}. */
    public int storeNumber() {
        return (int) (mostSignificantBits >>> 24);
    }

    /** The session that put it, unsigned. Without meaning unless {@link #isAnonymous}. */
    public int sessionNumber() {
        return (int) (mostSignificantBits << 8) | (int) (leastSignificantBits >>> 56);
    }

    /** Its number within the session. Without meaning unless {@link #isAnonymous}. */
    public long counter() {
        return leastSignificantBits & COUNTER_MAX;
    }

    /** By the bytes, unsigned: the order of the text. */
    @Override
    public int compareTo(ObjectId other) {
        int byMost = Long.compareUnsigned(mostSignificantBits, other.mostSignificantBits);
        return byMost != 0
                ? byMost
                : Long.compareUnsigned(leastSignificantBits, other.leastSignificantBits);
    }

    /** Spread over all bits: the ids of one session differ in the lowest ones alone. */
    @Override
    public int hashCode() {
        long mixed = (mostSignificantBits * 0x9E3779B97F4A7C15L + leastSignificantBits);
        mixed = (mixed ^ mixed >>> 32) * 0xD6E8FEB86659FD93L;
        return (int) (mixed >>> 32);
    }

    /** 32 hex digits in lower case. */
    @Override
    public String toString() {
        byte[] text = new byte[TEXT_LENGTH];
        format(mostSignificantBits, text, 0);
        format(leastSignificantBits, text, TEXT_LENGTH / 2);
        return new String(text, StandardCharsets.ISO_8859_1);
    }

    private static void format(long bits, byte[] text, int offset) {
        for (int i = 0; i < 16; i++) {
            text[offset + i] = HEX_DIGITS[(int) (bits >>> (60 - 4 * i)) & 0xF];
        }
    }

    private static long parseLong(String text, int offset) {
        long bits = 0;
        for (int i = offset; i < offset + 16; i++) {
            int digit = digit(text.charAt(i));
            if (digit < 0) {
                throw new InvalidRequest(
                        InvalidRequest.BAD_ID,
                        "bad id "
                                + Quoted.of(text)
                                + ": "
                                + Quoted.of(text.charAt(i))
                                + " at index "
                                + i,
                        "send 32 hex digits",
                        Numbers.of("index", i));
            }
            bits = bits << 4 | digit;
        }
        return bits;
    }

    /** ASCII alone: {@link Character#digit} would take digits of other scripts. */
    private static int digit(char c) {
        if (c >= '0' && c <= '9') {
            return c - '0';
        }
        int lower = c | 0x20;
        return lower >= 'a' && lower <= 'f' && c < 0x80 ? lower - 'a' + 10 : -1;
    }
}
