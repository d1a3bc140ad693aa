package io.tokamak.verification.crash;

import io.grpc.StatusRuntimeException;
import io.netty.handler.codec.http2.Http2Exception;
import java.util.logging.Filter;
import java.util.logging.LogRecord;

/**
 * Lets all be logged but that gRPC has refused a message or a frame, which it says with a stack
 * each time: a fuzz sends little else. Stateless. Named in {@code fuzz-logging.properties}.
 */
public final class RefusedMessages implements Filter {
    @Override
    public boolean isLoggable(LogRecord entry) {
        return !(entry.getThrown() instanceof StatusRuntimeException
                || entry.getThrown() instanceof Http2Exception);
    }
}
