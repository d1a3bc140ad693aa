package io.tokamak.values.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tokamak.values.DecodeException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GraphFileTest {
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final byte[] STREAM = {1, 2, 3};

    /** Two buffers of 300 and 256 bytes, from 64 and 384 on. */
    private static MemorySegment object() {
        List<MemorySegment> parts =
                GraphFile.parts(
                        STREAM,
                        List.of(
                                MemorySegment.ofArray(new byte[300]).fill((byte) 4),
                                MemorySegment.ofArray(new byte[256]).fill((byte) 5)));
        long size = parts.stream().mapToLong(MemorySegment::byteSize).sum();
        MemorySegment object = MemorySegment.ofArray(new byte[(int) size]);
        long at = 0;
        for (MemorySegment part : parts) {
            MemorySegment.copy(part, 0, object, at, part.byteSize());
            at += part.byteSize();
        }
        return object;
    }

    @Test
    void buffersLieBehindTheStreamAtMultiplesOf64() {
        MemorySegment object = object();
        GraphFile file = GraphFile.of(object);
        assertThat(file.stream()).isEqualTo(STREAM);
        assertThat(file.buffer(0).mismatch(object.asSlice(64, 300))).isEqualTo(-1);
        assertThat(file.buffer(1).mismatch(object.asSlice(384, 256))).isEqualTo(-1);
        for (int index : new int[] {-1, 2}) {
            assertThatThrownBy(() -> file.buffer(index)).isInstanceOf(DecodeException.class);
        }
    }

    /** The bytes from 24 on: where each buffer begins, and how long it is. */
    @ParameterizedTest
    @CsvSource({
        "24, 0", // into the head
        "24, 58", // into the stream
        "24, -64",
        "32, -1",
        "32, 321", // into the next buffer
        "32, 9223372036854775807",
        "40, 63", // before the one before
        "40, 363", // into the one before
        "40, 641", // behind the object
        "40, 9223372036854775807",
        "48, 257", // out of the object
        "48, -9223372036854775808",
        "16, -1", // the stream
        "16, 2147483648",
        "16, 4000",
        "8, 4294967295", // how many buffers
        "8, 40",
        "8, 4294967298" // a word that is to be zero
    })
    void whatOverlapsOrLeavesTheObjectIsAnError(long at, long value) {
        MemorySegment object = object();
        object.set(LONG, at, value);
        assertThatThrownBy(() -> GraphFile.of(object))
                .isInstanceOf(DecodeException.class)
                .hasMessageContaining("application/vnd.tokamak.fory");
    }
}
