package io.tokamak.values.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class TensorTest {
    /** 0 to 23 as 2 x 3 x 4. */
    private final Tensor counting = Tensor.of(LongStream.range(0, 24).toArray(), 2, 3, 4);

    @Test
    void elementsAreFoundByTheirIndices() {
        assertThat(counting.getLong(1, 2, 3)).isEqualTo(23);
        assertThat(counting.getDouble(0, 1, 2)).isEqualTo(6);
        assertThat(counting.strides()).containsExactly(96, 32, 8);
        assertThat(counting).hasToString("<i8 [2, 3, 4]");
        assertThatThrownBy(() -> counting.getLong(0, 3, 0))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> counting.getLong(0, 0, -1))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> counting.getLong(0, 3))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> counting.getComplex(0, 0, 0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("<i8");
    }

    @Test
    void slicesSelectionsTransposesAndReshapesAreViewsOfTheSameBytes() {
        Tensor middle = counting.slice(1, 1, 3).slice(2, 0, 4, 3);
        assertThat(middle.shape()).containsExactly(2, 2, 2);
        assertThat(middle.toLongArray()).containsExactly(4, 7, 8, 11, 16, 19, 20, 23);
        assertThat(counting.select(0, 1).select(0, 2).toLongArray())
                .containsExactly(20, 21, 22, 23);
        Tensor turned = counting.transpose();
        assertThat(turned.shape()).containsExactly(4, 3, 2);
        assertThat(turned.getLong(3, 2, 1)).isEqualTo(23);
        assertThat(turned.isContiguous()).isFalse();
        assertThat(turned.isFortranContiguous()).isTrue();
        assertThat(counting.transpose(1, 0, 2).getLong(2, 1, 0)).isEqualTo(20);
        Tensor flat = counting.reshape(6, 4);
        assertThat(flat.getLong(5, 3)).isEqualTo(23);
        assertThat(flat.segment().heapBase()).isEqualTo(counting.segment().heapBase());
        assertThatThrownBy(() -> turned.reshape(24)).isInstanceOf(IllegalStateException.class);
        assertThat(turned.copy().reshape(24).getLong(1)).isEqualTo(12);
        assertThatThrownBy(() -> middle.segment()).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> counting.reshape(5, 5))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void nothingIsWrittenThroughATensor() {
        assertThat(counting.segment().isReadOnly()).isTrue();
        assertThat(counting.byteBuffer().isReadOnly()).isTrue();
        assertThat(counting.byteBuffer().asLongBuffer().get(23)).isEqualTo(23);
    }

    @Test
    void arraysAreCopiedAndConvertedOnlyWhereNothingIsLost() {
        assertThat(Tensor.of(new float[] {1.5f, 2}).toDoubleArray()).containsExactly(1.5, 2);
        assertThat(Tensor.of(new double[] {1.5, 2}).toFloatArray()).containsExactly(1.5f, 2);
        assertThat(Tensor.of(new short[] {-1, 2}).toIntArray()).containsExactly(-1, 2);
        assertThat(Tensor.of(new boolean[] {true, false}).toBooleanArray())
                .containsExactly(true, false);
        assertThatThrownBy(() -> Tensor.of(new long[] {1L << 40}).toIntArray())
                .isInstanceOf(ArithmeticException.class);
        assertThatThrownBy(() -> Tensor.of(new double[] {1.5}).toLongArray())
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void unsignedNumbersAreRoundedOnce() {
        Tensor large =
                Tensor.of(
                        DType.UINT64,
                        MemorySegment.ofArray(new long[] {-1, Long.MIN_VALUE, (1L << 63) + 1025}),
                        3);
        assertThat(large.toDoubleArray()).containsExactly(0x1p64, 0x1p63, Math.nextUp(0x1p63));
    }

    @Test
    void eachElementTypeInBothOrders() {
        for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
            MemorySegment bytes = MemorySegment.ofArray(new byte[16]);
            var shorts = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(order);
            var ints = ValueLayout.JAVA_INT_UNALIGNED.withOrder(order);
            var longs = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(order);
            bytes.set(shorts, 0, Float.floatToFloat16(1.5f));
            assertThat(one(DType.FLOAT16.withOrder(order), bytes).getDouble()).isEqualTo(1.5);
            bytes.set(shorts, 0, (short) -2);
            assertThat(one(DType.INT16.withOrder(order), bytes).getLong()).isEqualTo(-2);
            assertThat(one(DType.UINT16.withOrder(order), bytes).getLong()).isEqualTo(65_534);
            bytes.set(ints, 0, -3);
            assertThat(one(DType.INT32.withOrder(order), bytes).getLong()).isEqualTo(-3);
            assertThat(one(DType.UINT32.withOrder(order), bytes).getLong())
                    .isEqualTo(4_294_967_293L);
            bytes.set(ints, 0, Float.floatToIntBits(-0.5f));
            bytes.set(ints, 4, Float.floatToIntBits(8));
            assertThat(one(DType.FLOAT32.withOrder(order), bytes).getDouble()).isEqualTo(-0.5);
            assertThat(one(DType.COMPLEX64.withOrder(order), bytes).getComplex())
                    .isEqualTo(new Complex(-0.5, 8));
            bytes.set(longs, 0, Double.doubleToLongBits(Math.PI));
            bytes.set(longs, 8, Double.doubleToLongBits(-1));
            assertThat(one(DType.FLOAT64.withOrder(order), bytes).getDouble()).isEqualTo(Math.PI);
            assertThat(one(DType.COMPLEX128.withOrder(order), bytes).getComplex())
                    .isEqualTo(new Complex(Math.PI, -1));
            bytes.set(longs, 0, -1_500);
            assertThat(one(DType.datetime("ms").withOrder(order), bytes).getInstant())
                    .isEqualTo(Instant.EPOCH.minusMillis(1_500));
            assertThat(one(DType.timedelta("25s").withOrder(order), bytes).getDuration())
                    .isEqualTo(Duration.ofMinutes(-625));
            bytes.set(longs, 0, Long.MIN_VALUE);
            assertThat(one(DType.datetime("ns").withOrder(order), bytes).getInstant()).isNull();
            var utf32 =
                    order == ByteOrder.BIG_ENDIAN
                            ? StandardCharsets.UTF_32BE
                            : StandardCharsets.UTF_32LE;
            bytes.fill((byte) 0).copyFrom(MemorySegment.ofArray("ž🐎".getBytes(utf32)));
            assertThat(one(DType.text(4).withOrder(order), bytes).getString()).isEqualTo("ž🐎");
        }
    }

    private static Tensor one(DType dtype, MemorySegment bytes) {
        return Tensor.of(dtype, bytes.asSlice(0, dtype.sizeBytes()));
    }

    @Test
    void datesOfAnyUnit() {
        assertThat(TimeUnits.instant(54, "Y")).isEqualTo("2024-01-01T00:00:00Z");
        assertThat(TimeUnits.instant(-1, "M")).isEqualTo("1969-12-01T00:00:00Z");
        assertThat(TimeUnits.instant(1, "W")).isEqualTo("1970-01-08T00:00:00Z");
        assertThat(TimeUnits.instant(-1, "ps")).isEqualTo(Instant.EPOCH.minusNanos(1));
        assertThat(TimeUnits.duration(1_000_000_000, "as")).isEqualTo(Duration.ofNanos(1));
        assertThatThrownBy(() -> TimeUnits.duration(1, "M"))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void fieldsOfStructuredElements() {
        DType.Struct point =
                DType.struct(
                        DType.Field.of("id", DType.INT32),
                        new DType.Field("xy", DType.FLOAT32, List.of(2L), 0));
        MemorySegment bytes = MemorySegment.ofArray(new int[6]);
        bytes.setAtIndex(ValueLayout.JAVA_INT_UNALIGNED, 3, 9);
        bytes.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, 5, 2.5f);
        Tensor points = Tensor.of(point, bytes, 2);
        assertThat(points.field("id").toIntArray()).containsExactly(0, 9);
        assertThat(points.field("xy").shape()).containsExactly(2, 2);
        assertThat(points.field("xy").getDouble(1, 1)).isEqualTo(2.5);
        assertThatThrownBy(() -> points.field("z")).hasMessageContaining("no field z");
    }

    @Test
    void aShapeThatNoMemoryHoldsIsRefused() {
        assertThatThrownBy(() -> Shapes.count(new long[] {1L << 32, 1L << 32}, 1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Shapes.count(new long[] {0, 1L << 62, 4}, 1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(Shapes.count(new long[] {0, 1L << 40}, 8)).isZero();
        assertThat(Tensor.of(DType.FLOAT64, MemorySegment.NULL, 0, 3).toDoubleArray()).isEmpty();
    }
}
