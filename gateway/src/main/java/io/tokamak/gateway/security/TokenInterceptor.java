package io.tokamak.gateway.security;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.health.v1.HealthGrpc;
import io.tokamak.gateway.grpc.Statuses;
import io.tokamak.objects.Unauthenticated;
import java.util.ArrayList;
import java.util.List;
import org.springframework.core.Ordered;

/** Lets in who sends a token, before anything of the call is read; only health is for everybody. */
final class TokenInterceptor implements ServerInterceptor, Ordered {
    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

    private final Tokens tokens;

    TokenInterceptor(Tokens tokens) {
        this.tokens = tokens;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        if (!HealthGrpc.SERVICE_NAME.equals(call.getMethodDescriptor().getServiceName())) {
            try {
                tokens.check(values(headers));
            } catch (Unauthenticated refused) {
                Statuses.close(call, refused);
                return new ServerCall.Listener<>() {};
            }
        }
        return next.startCall(call, headers);
    }

    private static List<String> values(Metadata headers) {
        List<String> values = new ArrayList<>();
        Iterable<String> sent = headers.getAll(AUTHORIZATION);
        if (sent != null) {
            sent.forEach(values::add);
        }
        return values;
    }

    @Override
    public int getOrder() {
        return Ordered.HIGHEST_PRECEDENCE;
    }
}
