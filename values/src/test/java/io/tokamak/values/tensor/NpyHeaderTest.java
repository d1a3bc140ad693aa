package io.tokamak.values.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tokamak.values.DecodeException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NpyHeaderTest {
    private static NpyHeader header(String literal, int dataBytes) {
        byte[] text = literal.getBytes(StandardCharsets.ISO_8859_1);
        byte[] object = new byte[10 + text.length + dataBytes];
        byte[] magic = "\u0093NUMPY\1\0".getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(magic, 0, object, 0, magic.length);
        object[8] = (byte) text.length;
        object[9] = (byte) (text.length >> 8);
        System.arraycopy(text, 0, object, 10, text.length);
        return NpyHeader.read(MemorySegment.ofArray(object));
    }

    private static String said(String descr, String shape) {
        return "{'descr': %s, 'fortran_order': False, 'shape': %s, }".formatted(descr, shape);
    }

    @Test
    void whatIsWrittenIsRead() {
        DType nested =
                DType.struct(
                        DType.Field.of("ž'", DType.text(3).withOrder(ByteOrder.BIG_ENDIAN)),
                        DType.Field.of("t", DType.datetime("25s")),
                        new DType.Field(
                                "in",
                                DType.struct(DType.Field.of("b", DType.BOOL)),
                                List.of(2L, 0L),
                                0));
        for (DType dtype : List.of(DType.FLOAT64, DType.COMPLEX64, DType.bytes(0), nested)) {
            for (long[] shape : List.of(new long[] {}, new long[] {3}, new long[] {0, 2, 5})) {
                byte[] head = NpyHeader.encode(dtype, shape, true);
                assertThat(head.length % 64).isZero();
                NpyHeader planned = NpyHeader.of(dtype, shape, true, head.length);
                byte[] object = java.util.Arrays.copyOf(head, (int) planned.totalBytes());
                NpyHeader read = NpyHeader.read(MemorySegment.ofArray(object));
                assertThat(read.dtype()).isEqualTo(dtype);
                assertThat(read.shape()).isEqualTo(shape);
                assertThat(read.isFortran()).isTrue();
            }
        }
    }

    @Test
    void titlesPaddingAndOneLengthForATuple() {
        NpyHeader read =
                header(said("[(('a title', 'a'), '<i4', 2), ('', '|V3'), ('b', '|u1')]", "()"), 12);
        assertThat(read.dtype().sizeBytes()).isEqualTo(12);
        assertThat(((DType.Struct) read.dtype()).field("b").offset()).isEqualTo(11);
        assertThat(read.dtype().descr())
                .isEqualTo("[('a', '<i4', (2,)), ('', '|V3'), ('b', '|u1'), ]");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "{'descr': '<f8'}",
                "(1, 2)",
                "{'a': 1}x",
                "{1: 2}",
                "{'descr': 1, 'fortran_order': False, 'shape': ()}",
                "{'descr': '<f8', 'fortran_order': 0, 'shape': ()}",
                "{'descr': '<f8', 'fortran_order': False, 'shape': (1)}",
                "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}",
                "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
                "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}",
                "{'descr': '<f3', 'fortran_order': False, 'shape': ()}",
                "{'descr': '<q8', 'fortran_order': False, 'shape': ()}",
                "{'descr': '<M8[year]', 'fortran_order': False, 'shape': ()}",
                "{'descr': [('a', '<f8'), ('a', '<f8')], 'fortran_order': False, 'shape': ()}",
                "{'descr': [('a', '<f8', (-1,))], 'fortran_order': False, 'shape': ()}",
                "{'descr': '<f8', 'fortran_order': False, 'shape':"
                        + " ((((((((((((((((((((((((((((((((((((((((",
            })
    void whatIsNoHeaderIsAnError(String literal) {
        assertThatThrownBy(() -> header(literal, 8))
                .isInstanceOf(DecodeException.class)
                .hasMessageContaining("application/x-npy");
    }

    @Test
    void objectsAndWrongSizesAreNamed() {
        assertThatThrownBy(() -> header(said("'|O'", "(1,)"), 8))
                .isInstanceOf(DecodeException.class)
                .hasMessageContaining("pickled objects");
        assertThatThrownBy(() -> header(said("'<f8'", "(2,)"), 8))
                .isInstanceOf(DecodeException.class)
                .hasMessageContaining("needs 16 bytes, 8 are there");
    }
}
