package io.tokamak.values.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tokamak.values.DecodeException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsHeaderTest {
    private static final int DATA_BYTES = 16;

    private static MemorySegment object(String json) {
        byte[] text = json.getBytes(StandardCharsets.UTF_8);
        return MemorySegment.ofArray(
                ByteBuffer.allocate(8 + text.length + DATA_BYTES)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(text.length)
                        .put(text)
                        .array());
    }

    @Test
    void metadataAndTensorsInAnyOrderAreRead() {
        List<SafetensorsHeader.Entry> entries =
                SafetensorsHeader.read(
                        object(
                                """
                                {"__metadata__": {"format": "pt"},
                                 "b": {"dtype": "F32", "shape": [2], "data_offsets": [8, 16]},
                                 "a": {"data_offsets": [0, 8], "shape": [], "dtype": "I64"}}
                                """));
        assertThat(entries).extracting(SafetensorsHeader.Entry::name).containsExactly("b", "a");
        assertThat(entries.getFirst().dtype()).isEqualTo(DType.FLOAT32);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{",
                "{} x",
                "{\"a\": 1}",
                "{\"a\": {}}",
                // Overlap, hole, beyond the object, before it.
                "{\"a\":{\"dtype\":\"I8\",\"shape\":[9],\"data_offsets\":[0,9]},"
                        + "\"b\":{\"dtype\":\"I8\",\"shape\":[8],\"data_offsets\":[8,16]}}",
                "{\"a\":{\"dtype\":\"I8\",\"shape\":[4],\"data_offsets\":[12,16]}}",
                "{\"a\":{\"dtype\":\"I8\",\"shape\":[17],\"data_offsets\":[0,17]}}",
                "{\"a\":{\"dtype\":\"I8\",\"shape\":[17],\"data_offsets\":[-1,16]}}",
                // A length that is not the shape's, shapes that overflow, unknown words.
                "{\"a\":{\"dtype\":\"I64\",\"shape\":[3],\"data_offsets\":[0,16]}}",
                "{\"a\":{\"dtype\":\"I8\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,16]}}",
                "{\"a\":{\"dtype\":\"I8\",\"shape\":[99999999999999999999],\"data_offsets\":[0,16]}}",
                "{\"a\":{\"dtype\":\"I8\",\"shape\":[-16],\"data_offsets\":[0,16]}}",
                "{\"a\":{\"dtype\":\"I8\",\"shape\":[1.5],\"data_offsets\":[0,16]}}",
                "{\"a\":{\"dtype\":\"Q8\",\"shape\":[16],\"data_offsets\":[0,16]}}",
                "{\"a\":{\"dtype\":\"I8\",\"shape\":[16],\"data_offsets\":[0,16],\"more\":1}}",
                "{\"a\":{\"dtype\":\"I8\",\"shape\":[16],\"data_offsets\":[0,16]},"
                        + "\"a\":{\"dtype\":\"I8\",\"shape\":[16],\"data_offsets\":[0,16]}}"
            })
    void whatIsNoHeaderIsAnError(String json) {
        assertThatThrownBy(() -> SafetensorsHeader.read(object(json)))
                .isInstanceOf(DecodeException.class)
                .hasMessageContaining("application/x-safetensors");
    }

    @Test
    void aLengthBeyondTheObjectIsAnError() {
        MemorySegment object = object("{}");
        for (long length : new long[] {-1, Long.MIN_VALUE, Long.MAX_VALUE, 1_000}) {
            object.set(java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED, 0, length);
            assertThatThrownBy(() -> SafetensorsHeader.read(object))
                    .isInstanceOf(DecodeException.class);
        }
    }
}
