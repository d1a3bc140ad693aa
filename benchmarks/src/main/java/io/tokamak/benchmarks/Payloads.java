package io.tokamak.benchmarks;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.SplittableRandom;

/** Bytes whose sum says whether all of them were read. */
final class Payloads {
    /** What the longs of each payload add up to. */
    static final long SUM = 0x746F6B616D616BL;

    static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Payloads() {}

    static byte[] make(int size, long seed) {
        byte[] payload = new byte[size];
        fill(MemorySegment.ofArray(payload), seed);
        return payload;
    }

    static void fill(MemorySegment payload, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        long rest = SUM;
        long last = payload.byteSize() - Long.BYTES;
        for (long at = 0; at < last; at += Long.BYTES) {
            long value = random.nextLong();
            payload.set(LONG, at, value);
            rest -= value;
        }
        payload.set(LONG, last, rest);
    }

    static long sum(byte[] payload) {
        long sum = 0;
        for (int at = 0; at < payload.length; at += Long.BYTES) {
            sum += (long) LONGS.get(payload, at);
        }
        return sum;
    }

    static long sum(MemorySegment payload) {
        long sum = 0;
        for (long at = 0; at < payload.byteSize(); at += Long.BYTES) {
            sum += payload.get(LONG, at);
        }
        return sum;
    }

    static void check(long sum) {
        if (sum != SUM) {
            throw new IllegalStateException("read other bytes than were put");
        }
    }
}
