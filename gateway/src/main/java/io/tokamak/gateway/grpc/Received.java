package io.tokamak.gateway.grpc;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.grpc.MethodDescriptor.Marshaller;
import io.tokamak.objects.InvalidRequest;
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
     * The message as one of that type.
     *
     * @throws InvalidRequest {@code bad-message}
     */
    <T extends Message> T as(Parser<T> parser) {
        try {
            return parser.parseFrom(bytes);
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
