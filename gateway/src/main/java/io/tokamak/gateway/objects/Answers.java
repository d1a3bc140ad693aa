package io.tokamak.gateway.objects;

import java.nio.ByteBuffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import org.springframework.stereotype.Component;
import org.springframework.web.util.DisconnectedClientHelper;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.Connection;
import reactor.netty.http.server.HttpServerResponse;
import tools.jackson.databind.json.JsonMapper;

/** Writes JSON, and failures as problems. */
@Component
public final class Answers {
    private static final Logger LOG = LoggerFactory.getLogger(Answers.class);

    /** Of one write: over HTTP/2 {@link Readers} sees by whole ones alone how far its reader is. */
    private static final int PART_BYTES = 64 << 10;

    private final JsonMapper mapper;

    public Answers(JsonMapper mapper) {
        this.mapper = mapper;
    }

    public Mono<Void> json(ServerHttpResponse response, HttpStatus status, Map<String, ?> body) {
        return write(response, status, MediaType.APPLICATION_JSON, body);
    }

    /** A JSON document on one line. */
    String text(Map<String, ?> body) {
        return mapper.writeValueAsString(body);
    }

    /** Reads a JSON document. */
    <T> T read(byte[] json, Class<T> type) {
        return mapper.readValue(json, type);
    }

    /**
     * Answers with the problem, if anything can still be answered.
     *
     * @param call null: the request means none
     */
    public Mono<Void> problem(
            ServerHttpRequest request,
            ServerHttpResponse response,
            @Nullable Call call,
            Throwable failure) {
        if (response.isCommitted()) { // only the end of the connection can still tell
            return DisconnectedClientHelper.isClientDisconnectedException(failure)
                    ? Mono.empty()
                    : Mono.error(failure);
        }
        if (failure instanceof Body.Lost && isAnswered(response)) {
            return Mono.empty();
        }
        Problems.Answer answer =
                Problems.answer(failure instanceof Body.Lost ? Refusal.badRequest() : failure);
        if (answer.status() == HttpStatus.INTERNAL_SERVER_ERROR) {
            LOG.error("{} {} failed", request.getMethod(), request.getPath(), failure);
        }
        checkDocumented(call, answer);
        HttpHeaders headers = response.getHeaders();
        boolean closes = "close".equals(headers.getFirst(HttpHeaders.CONNECTION));
        headers.clear();
        if (closes) {
            headers.set(HttpHeaders.CONNECTION, "close");
        }
        answer.headers().forEach(headers::set);
        return write(response, answer.status(), MediaType.APPLICATION_PROBLEM_JSON, answer.body());
    }

    /** By the server itself, to what was no HTTP; or nobody is there any more. */
    private static boolean isAnswered(ServerHttpResponse response) {
        HttpServerResponse server = ServerHttpResponseDecorator.getNativeResponse(response);
        return server.hasSentHeaders()
                || !(server instanceof Connection connection)
                || !connection.channel().isActive();
    }

    /** The table is a contract: an answer that is not in it is a fault of ours, and told. */
    private static void checkDocumented(@Nullable Call call, Problems.Answer answer) {
        Object code = answer.body().get("code");
        if (call != null
                && call.problems().stream()
                        .noneMatch(
                                problem ->
                                        problem.code().equals(code)
                                                && problem.status() == answer.status())) {
            LOG.error("{} is answered with {}, which the table does not say", call, code);
        }
    }

    private Mono<Void> write(
            ServerHttpResponse response, HttpStatus status, MediaType type, Map<String, ?> body) {
        byte[] json = mapper.writeValueAsBytes(body);
        response.setStatusCode(status);
        response.getHeaders().setContentType(type);
        response.getHeaders().setContentLength(json.length);
        return response.writeWith(parts(response.bufferFactory(), json))
                .then(Mono.defer(() -> complete(response)));
    }

    private static Publisher<DataBuffer> parts(DataBufferFactory buffers, byte[] json) {
        if (json.length <= PART_BYTES) {
            return Mono.fromSupplier(() -> buffers.wrap(json));
        }
        return Flux.generate(
                () -> 0,
                (at, sink) -> {
                    if (at == json.length) {
                        sink.complete();
                        return at;
                    }
                    int end = Math.min(at + PART_BYTES, json.length);
                    sink.next(buffers.wrap(ByteBuffer.wrap(json, at, end - at)));
                    return end;
                });
    }

    /** An answer to HEAD leaves out its body, and is not sent before this. */
    private static Mono<Void> complete(ServerHttpResponse response) {
        return response.isCommitted() ? Mono.empty() : response.setComplete();
    }
}
