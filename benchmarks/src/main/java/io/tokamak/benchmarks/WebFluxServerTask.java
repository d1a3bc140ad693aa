package io.tokamak.benchmarks;

import java.time.Duration;
import java.util.Map;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ReactorHttpHandlerAdapter;
import org.springframework.web.reactive.function.BodyExtractors;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/** The least that WebFlux can do: GET answers a constant, POST reads and discards what comes. */
final class WebFluxServerTask implements Task {
    private static final Duration STOP = Duration.ofSeconds(1);

    @Override
    public Map<String, Double> run(Arguments arguments) throws Exception {
        byte[] payload = Payloads.make(arguments.count("size"), 3);
        String path = arguments.text("path");
        var routes =
                RouterFunctions.route()
                        .GET(
                                path,
                                _ ->
                                        ServerResponse.ok()
                                                .contentType(MediaType.APPLICATION_OCTET_STREAM)
                                                .bodyValue(payload))
                        .POST(path, WebFluxServerTask::discard)
                        .build();
        DisposableServer server =
                HttpServer.create()
                        .host("127.0.0.1")
                        .port(arguments.count("port"))
                        .handle(
                                new ReactorHttpHandlerAdapter(
                                        RouterFunctions.toHttpHandler(routes)))
                        .bindNow();
        arguments.awaitGo();
        server.disposeNow(STOP);
        return Map.of();
    }

    private static Mono<ServerResponse> discard(ServerRequest request) {
        return request.body(BodyExtractors.toDataBuffers())
                .doOnNext(DataBufferUtils::release)
                .then(ServerResponse.status(HttpStatus.CREATED).build());
    }
}
