package io.tokamak.gateway.objects;

import static io.tokamak.gateway.objects.RestGateway.header;
import static io.tokamak.gateway.objects.RestGateway.json;
import static io.tokamak.gateway.objects.RestGateway.random;
import static io.tokamak.gateway.objects.RestGateway.text;
import static io.tokamak.gateway.objects.RestGateway.write;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Headers;
import io.tokamak.gateway.wire.Http2;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What is put with the bytes comes back as it was put, and so do they. */
@ExtendWith(SharedGateway.class)
class KeptAsPutIT {
    private final RestGateway gateway;

    KeptAsPutIT(RestGateway gateway) {
        this.gateway = gateway;
    }

    private static String path(String key) {
        return "/v1/namespaces/kept/objects/" + key;
    }

    /** A character for each byte, as headers are read and written here. */
    private static String onTheWire(String text) {
        return new String(text.getBytes(UTF_8), ISO_8859_1);
    }

    private String ask(String request) throws Exception {
        try (Socket socket = gateway.connect()) {
            write(socket, request + "Host: localhost\r\nConnection: close\r\n\r\n");
            return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"Grüße, Жизнь", "日本語", "שלום 😀"})
    @DisplayName("an attribute is text of any script, over HTTP/1.1, HTTP/2 and in JSON")
    void attributes(String value) throws Exception {
        String first = path("one-" + value.length());
        String second = path("two-" + value.length());
        assertThat(
                        ask(
                                "PUT %s HTTP/1.1\r\nContent-Length: 0\r\nTokamak-Attr-Text: %s\r\n"
                                        .formatted(first, onTheWire(value))))
                .startsWith("HTTP/1.1 201");
        try (Connection h2 = new Connection()) {
            assertThat(
                            h2.answer("PUT", second, Map.of("tokamak-attr-text", onTheWire(value)))
                                    .status())
                    .asString()
                    .isEqualTo("201");
            for (String path : new String[] {first, second}) {
                assertThat(json(gateway.get(path + "?view=info")).at("/attributes/text").asString())
                        .isEqualTo(value);
                assertThat(ask("GET %s HTTP/1.1\r\n".formatted(path)))
                        .contains("\r\nTokamak-Attr-text: " + onTheWire(value) + "\r\n");
                assertThat(h2.answer("GET", path, Map.of()).get("tokamak-attr-text"))
                        .asString()
                        .isEqualTo(onTheWire(value));
            }
        }
    }

    @Test
    @DisplayName("HTTP/2: attributes may have their 8 KiB, a head beyond 32 KiB is refused")
    void longHeads() throws Exception {
        try (Connection h2 = new Connection()) {
            Map<String, String> fits = Map.of("tokamak-attr-long", "x".repeat(8000));
            assertThat(h2.answer("PUT", path("long"), fits).status()).asString().isEqualTo("201");
            assertThat(h2.answer("GET", path("long"), Map.of()).get("tokamak-attr-long"))
                    .asString()
                    .hasSize(8000);
            Map<String, String> over = Map.of("tokamak-attr-bomb", "x".repeat(33 << 10));
            assertThat(h2.answer("PUT", path("bomb"), over).status()).asString().isEqualTo("431");
            assertThat(h2.answer("GET", path("long"), Map.of()).status())
                    .asString()
                    .isEqualTo("200");
            // Far beyond, nothing but the end of the connection is worth its while.
            Map<String, String> bomb = Map.of("tokamak-attr-bomb", "x".repeat(40 << 10));
            assertThatIOException()
                    .isThrownBy(() -> h2.answer("PUT", path("bomb"), bomb))
                    .isNotInstanceOf(SocketTimeoutException.class);
        }
        assertThat(gateway.get(path("bomb")).statusCode()).isEqualTo(404);
    }

    /** HTTP/2 of which every byte of a header is seen. */
    private final class Connection implements AutoCloseable {
        private final Http2 http2 = new Http2(gateway.port()).greet();
        private final DefaultHttp2HeadersDecoder decoder =
                new DefaultHttp2HeadersDecoder(false, 1 << 16);
        private int stream = -1;

        Connection() throws IOException {}

        Http2Headers answer(String method, String path, Map<String, String> headers)
                throws Exception {
            stream += 2;
            http2.request(stream, method, path, headers);
            Http2.Frame frame = http2.read(Http2.HEADERS);
            assertThat(frame.stream()).isEqualTo(stream);
            return decoder.decodeHeaders(stream, Unpooled.wrappedBuffer(frame.payload()));
        }

        @Override
        public void close() throws IOException {
            http2.close();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 1_000_000})
    @DisplayName("encoded bytes are never unpacked, whatever the caller accepts")
    void contentEncoding(int length) throws Exception {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(random(length, length));
        }
        String path = path("packed-" + length);
        HttpResponse<byte[]> created =
                gateway.put(path, packed.toByteArray(), "Content-Encoding", "gzip");
        assertThat(created.statusCode()).as(text(created)).isEqualTo(201);
        assertThat(json(created).get("size").asInt()).isEqualTo(packed.size());
        for (String accepted : new String[] {"gzip", "identity"}) {
            HttpResponse<byte[]> found = gateway.get(path, "Accept-Encoding", accepted);
            assertThat(found.body()).isEqualTo(packed.toByteArray());
            assertThat(header(found, "Content-Encoding")).isEqualTo("gzip");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'', false, 10",
        "'', true, 10",
        "'', false, 100000",
        "'', true, 100000",
        "?ttl=10m, false, 10",
        "?ttl=10m, true, 10",
        "?ttl=10m, true, 100000",
        "?idle=7d, false, 10",
        "?idle=1500ms, true, 100000",
        "?ttl=10m&idle=5m, false, 100000",
        "?ttl=5m&idle=10m&group=some, true, 10",
    })
    @DisplayName("the answer of a put says what the description says")
    void answer(String query, boolean named, int length) throws Exception {
        String path = named ? path("told" + query.hashCode() + length) : "/v1/objects";
        HttpResponse<byte[]> put =
                gateway.send(
                        gateway.to(path + query)
                                .method(
                                        named ? "PUT" : "POST",
                                        BodyPublishers.ofByteArray(new byte[length]))
                                .header("Content-Type", "text/plain")
                                .header("Content-Encoding", "identity")
                                .header("Tokamak-Attr-Colour", "red"));
        assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
        ObjectNode answered = (ObjectNode) json(put);
        ObjectNode described =
                (ObjectNode) json(gateway.get(header(put, "Location") + "?view=info"));
        Instant answeredAt = Instant.parse(answered.get("created").asString());
        Instant createdAt = Instant.parse(described.get("created").asString());
        if (named) {
            assertThat(answeredAt).isEqualTo(createdAt);
        } else { // the node counts from its drain on
            assertThat(createdAt).isBetween(answeredAt.minusMillis(1), answeredAt.plusSeconds(10));
        }
        JsonNode expires = answered.get("expires");
        if (expires.isNull() || query.startsWith("?ttl=5m")) {
            assertThat(described.get("expires")).isEqualTo(expires);
        } else {
            assertThat(Instant.parse(described.get("expires").asString()))
                    .isBetween(
                            Instant.parse(expires.asString()),
                            Instant.parse(expires.asString())
                                    .plus(Duration.between(answeredAt, createdAt).abs()));
        }
        for (String later : List.of("created", "expires")) {
            answered.remove(later);
            described.remove(later);
        }
        assertThat(answered).isEqualTo(described);
    }
}
