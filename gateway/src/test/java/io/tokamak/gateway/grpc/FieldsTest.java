package io.tokamak.gateway.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.grpc.HasByteBuffer;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.proto.v1.PutRequest;
import io.tokamak.proto.v1.PutSpec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FieldsTest {
    private static final PutRequest REQUEST =
            PutRequest.newBuilder()
                    .setSpec(PutSpec.newBuilder().setMediaType("text/plain"))
                    .setData(ByteString.copyFromUtf8("x".repeat(300)))
                    .setUnknownFields(
                            UnknownFieldSet.newBuilder()
                                    .addField(
                                            100,
                                            UnknownFieldSet.Field.newBuilder()
                                                    .addVarint(-1)
                                                    .addFixed32(1)
                                                    .addFixed64(2)
                                                    .addLengthDelimited(
                                                            ByteString.copyFromUtf8("new"))
                                                    .build())
                                    .build())
                    .build();

    /** As gRPC's: a buffer after the other. */
    private static final class Buffers extends InputStream implements HasByteBuffer {
        private final ByteBuffer all;
        private final int partBytes;

        Buffers(byte[] bytes, int partBytes) {
            all = ByteBuffer.wrap(bytes);
            this.partBytes = partBytes;
        }

        @Override
        public int read() {
            return all.hasRemaining() ? all.get() & 0xff : -1;
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            int count = Math.min(length, all.remaining());
            all.get(target, offset, count);
            return count == 0 && length > 0 ? -1 : count;
        }

        @Override
        public long skip(long count) {
            int skipped = (int) Math.min(count, all.remaining());
            all.position(all.position() + skipped);
            return skipped;
        }

        @Override
        public boolean byteBufferSupported() {
            return true;
        }

        @Override
        public @Nullable ByteBuffer getByteBuffer() {
            return all.hasRemaining()
                    ? all.slice(all.position(), Math.min(partBytes, all.remaining()))
                    : null;
        }
    }

    /** The media type and the data. */
    private static String read(InputStream encoded) throws IOException {
        Fields fields = new Fields(encoded);
        String mediaType = "";
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        for (int field = fields.next(); field != 0; field = fields.next()) {
            switch (field) {
                case 1 -> mediaType = PutSpec.parseFrom(fields.readBytes()).getMediaType();
                case 2 ->
                        fields.forEachPart(
                                part -> {
                                    byte[] copy = new byte[part.remaining()];
                                    part.get(copy);
                                    data.writeBytes(copy);
                                });
                default -> fields.skip();
            }
        }
        return mediaType + " " + data.toString(UTF_8);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 64, 1000})
    @DisplayName("bytes are given as they lie, whatever newer callers send beside them")
    void partsOfAnyLength(int partBytes) throws Exception {
        String expected = "text/plain " + "x".repeat(300);
        assertThat(read(new Buffers(REQUEST.toByteArray(), partBytes))).isEqualTo(expected);
        assertThat(read(new ByteArrayInputStream(REQUEST.toByteArray()))).isEqualTo(expected);
    }

    @Test
    @DisplayName("a message that ends early is noticed wherever it ends")
    void truncated() {
        byte[] whole =
                REQUEST.toBuilder()
                        .setUnknownFields(UnknownFieldSet.getDefaultInstance())
                        .build()
                        .toByteArray();
        int specEnd = 2 + REQUEST.getSpec().getSerializedSize();
        for (int length = 1; length < whole.length; length++) {
            if (length == specEnd) {
                continue; // a message of its own
            }
            byte[] part = Arrays.copyOf(whole, length);
            assertThatExceptionOfType(IOException.class)
                    .as("%d of %d bytes", length, whole.length)
                    .isThrownBy(() -> read(new Buffers(part, 50)));
            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(() -> read(new ByteArrayInputStream(part)));
        }
    }

    @Test
    void whatIsNoFieldIsRefused() {
        byte[][] all = {{0}, {7}, {8, 1, 11, 12}, {16, 1}, {18, -1, -1, -1, -1, 15}};
        for (byte[] bytes : all) {
            assertThatExceptionOfType(InvalidRequest.class)
                    .as(Arrays.toString(bytes))
                    .isThrownBy(() -> read(new Buffers(bytes, 100)))
                    .matches(e -> e.code().equals("bad-message"));
        }
        assertThatExceptionOfType(EOFException.class)
                .isThrownBy(() -> read(new Buffers(new byte[] {18, -1, -1, -1, 1}, 100)));
    }
}
