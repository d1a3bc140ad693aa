package io.tokamak.gateway.objects;

import java.util.Map;
import reactor.core.publisher.Mono;

/** Serves some calls of the table; which beans do so together have each of them once. */
public interface CallHandlers {
    /** What a call does. */
    interface Handler {
        /** Answers. Nothing is done before the subscription; a failure becomes a problem. */
        Mono<Void> handle(CallRequest request);
    }

    Map<Call, Handler> handlers();
}
