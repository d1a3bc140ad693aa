package io.tokamak.gateway.objects;

import io.tokamak.client.WatchQuery;
import io.tokamak.gateway.events.EventProperties;
import io.tokamak.gateway.events.EventSink;
import io.tokamak.gateway.events.Events;
import io.tokamak.gateway.events.LoggedEvent;
import io.tokamak.gateway.events.Subscription;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * What happens, as server-sent events. They are made when the socket takes them: a slow reader
 * holds a place in the log and gets a gap when that is overtaken.
 */
@Component
final class EventStreams implements CallHandlers {
    /** The subscription stands; who loses it comes back after a second. */
    private static final String GREETING = ": listening\nretry: 1000\n\n";

    private static final String HEARTBEAT = ": alive\n\n";

    private final Events events;
    private final Answers answers;
    private final Duration heartbeat;

    EventStreams(Events events, Answers answers, EventProperties properties) {
        this.events = events;
        this.answers = answers;
        this.heartbeat = properties.heartbeat();
    }

    @Override
    public Map<Call, Handler> handlers() {
        return Map.of(Call.GET_EVENTS, this::stream);
    }

    private Mono<Void> stream(CallRequest request) {
        Parameters parameters = request.parameters();
        WatchQuery query = new WatchQuery(parameters.namespace(), parameters.prefix());
        String after = request.http().getHeaders().getFirst("Last-Event-ID");
        Listener listener = new Listener();
        return Blocking.using(
                _ -> events.subscribe(query, after, listener),
                subscription -> write(request.response(), listener.texts(subscription)),
                Subscription::close);
    }

    private static Mono<Void> write(ServerHttpResponse response, Flux<String> texts) {
        response.setStatusCode(HttpStatus.OK);
        response.getHeaders().set("Content-Type", "text/event-stream;charset=UTF-8");
        response.getHeaders().setCacheControl("no-store");
        response.getHeaders()
                .set("X-Accel-Buffering", "no"); // a proxy that collects would delay it
        DataBufferFactory buffers = response.bufferFactory();
        return response.writeAndFlushWith(
                texts.map(
                        text ->
                                Mono.fromSupplier(
                                        () ->
                                                buffers.wrap(
                                                        text.getBytes(StandardCharsets.UTF_8)))));
    }

    /** Turns events into text as fast as that is taken. */
    private final class Listener implements EventSink {
        private volatile @Nullable FluxSink<String> sink;
        private volatile boolean ended;

        Flux<String> texts(Subscription subscription) {
            return Flux.create(
                    created -> {
                        sink = created;
                        created.onDispose(
                                Schedulers.parallel()
                                        .schedulePeriodically(
                                                this::beat,
                                                heartbeat.toNanos(),
                                                heartbeat.toNanos(),
                                                TimeUnit.NANOSECONDS));
                        created.next(GREETING);
                        if (ended) {
                            created.complete();
                        }
                        created.onRequest(_ -> subscription.resume());
                    });
        }

        @Override
        public boolean isReady() {
            FluxSink<String> open = sink;
            return open != null && open.requestedFromDownstream() > 0;
        }

        private void beat() {
            FluxSink<String> open = sink;
            if (open != null && isReady()) {
                open.next(HEARTBEAT);
            }
        }

        @Override
        public void send(LoggedEvent event) {
            FluxSink<String> open = sink;
            if (open != null) {
                open.next(text(event));
            }
        }

        @Override
        public void end() {
            ended = true;
            FluxSink<String> open = sink;
            if (open != null) {
                open.complete();
            }
        }
    }

    private String text(LoggedEvent event) {
        return "id: %s\nevent: %s\ndata: %s\n\n"
                .formatted(
                        event.id(), event.kind().text(), answers.text(Descriptions.event(event)));
    }
}
