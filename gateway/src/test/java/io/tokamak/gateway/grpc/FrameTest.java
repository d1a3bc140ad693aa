package io.tokamak.gateway.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Drainable;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameTest {
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 9, 10, 11, 1000})
    void isTheSameHoweverItIsRead(int length) throws Exception {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(length + 1).asSlice(0, length);
            for (int i = 0; i < length; i++) {
                bytes.set(ValueLayout.JAVA_BYTE, i, (byte) (i + 3));
            }
            byte[] expected = new byte[3 + length];
            for (int i = 0; i < expected.length; i++) {
                expected[i] = (byte) i;
            }
            byte[] head = {0, 1, 2, 99};
            Frame frame = new Frame(head, 3, bytes, new byte[Math.min(10, length)]);
            assertThat(stream(frame).available()).isEqualTo(expected.length);
            assertThat(stream(frame).readAllBytes()).isEqualTo(expected);
            ByteArrayOutputStream drained = new ByteArrayOutputStream();
            InputStream stream = stream(frame);
            assertThat(stream.read()).isZero();
            assertThat(((Drainable) stream).drainTo(drained)).isEqualTo(expected.length - 1);
            assertThat(drained.toByteArray())
                    .isEqualTo(java.util.Arrays.copyOfRange(expected, 1, expected.length));
            assertThat(stream.read()).isEqualTo(-1);
        }
    }

    private static InputStream stream(Frame frame) {
        return Frame.MARSHALLER.stream(frame);
    }
}
