package io.tokamak.gateway.grpc;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.grpc.MethodDescriptor.Marshaller;
import io.tokamak.objects.InvalidRequest;
import java.io.IOException;
import java.io.InputStream;

/**
 * A message as it came, still in the buffers of the socket. It can be read once, while the call is
 * delivering it: so that what is wrong with it is answered like any other mistake.
 */
record Received(InputStream bytes) {
    static final Marshaller<Received> MARSHALLER =
            new Marshaller<>() {
                @Override
                public InputStream stream(Received message) {
                    return message.bytes();
                }

                @Override
                public Received parse(InputStream stream) {
                    return new Received(stream);
                }
            };

    /**
     * Its bytes, to be read at any time.
     *
     * @throws InvalidRequest {@code bad-message}
     */
    byte[] copy() {
        try {
            return bytes.readAllBytes();
        } catch (IOException e) { // it is compressed, and badly
            throw bad(String.valueOf(e.getMessage()));
        }
    }

    /**
     * A message of that type.
     *
     * @throws InvalidRequest {@code bad-message}
     */
    static <T extends Message> T parse(byte[] encoded, Parser<T> parser) {
        try {
            return parser.parseFrom(encoded);
        } catch (InvalidProtocolBufferException e) {
            throw bad(String.valueOf(e.getMessage()));
        }
    }

    static InvalidRequest bad(String why) {
        return new InvalidRequest(
                "bad-message",
                "the message cannot be read: " + why,
                "send what tokamak/v1/store.proto says");
    }
}
