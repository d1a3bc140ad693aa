package io.tokamak.gateway.objects;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tokamak.client.NodeInfo;
import io.tokamak.client.TokamakClient;
import io.tokamak.gateway.GatewayApplication;
import io.tokamak.gateway.node.NodeConnection;
import io.tokamak.gateway.node.NodeProcess;
import io.tokamak.gateway.node.Sha256;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.web.server.reactive.context.ReactiveWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The table of calls, against a real node and over real sockets. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RestIT {
    private static final int MIB = 1 << 20;
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private static NodeProcess node;
    private static ConfigurableApplicationContext gateway;
    private static int port;

    @BeforeAll
    static void start() throws Exception {
        node = new NodeProcess();
        gateway =
                SpringApplication.run(
                        GatewayApplication.class,
                        "--server.port=0",
                        "--spring.grpc.server.port=0",
                        "--tokamak.folder=" + node.folder(),
                        "--tokamak.node-timeout=2s",
                        "--tokamak.upload-timeout=2s");
        port =
                Objects.requireNonNull(
                                ((ReactiveWebServerApplicationContext) gateway).getWebServer())
                        .getPort();
        await().atMost(PATIENCE).until(() -> status("/actuator/health/readiness") == 200);
    }

    @AfterAll
    static void stop() throws Exception {
        gateway.close();
        node.close();
    }

    // ---- helpers

    private static HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(PATIENCE);
    }

    private static HttpResponse<byte[]> send(HttpRequest.Builder request) throws Exception {
        return HTTP.send(request.build(), BodyHandlers.ofByteArray());
    }

    private static HttpResponse<byte[]> put(String path, byte[] bytes, String... headers)
            throws Exception {
        HttpRequest.Builder request = to(path).PUT(BodyPublishers.ofByteArray(bytes));
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return send(request);
    }

    private static HttpResponse<byte[]> get(String path, String... headers) throws Exception {
        HttpRequest.Builder request = to(path).GET();
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return send(request);
    }

    private static HttpResponse<byte[]> delete(String path) throws Exception {
        return send(to(path).DELETE());
    }

    private static int status(String path) throws Exception {
        return get(path).statusCode();
    }

    private static JsonNode json(HttpResponse<byte[]> response) {
        return JSON.readTree(response.body());
    }

    private static String text(HttpResponse<byte[]> response) {
        return new String(response.body(), UTF_8);
    }

    private static String header(HttpResponse<?> response, String name) {
        return response.headers().firstValue(name).orElse("");
    }

    private static void assertProblem(HttpResponse<byte[]> response, int status, String code) {
        assertThat(response.statusCode()).as(text(response)).isEqualTo(status);
        assertThat(header(response, "Content-Type")).isEqualTo("application/problem+json");
        assertThat(json(response).get("code").asString()).isEqualTo(code);
        assertThat(json(response).get("status").asInt()).isEqualTo(status);
    }

    private static byte[] random(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static String path(String key) {
        return "/v1/namespaces/it/objects/" + key;
    }

    private static NodeInfo.Ledger ledger() {
        return gateway.getBean(NodeConnection.class).client().node().ledger();
    }

    /** But for the lanes that a client keeps for small objects. */
    private static void assertNothingLeased() {
        await().atMost(PATIENCE).until(() -> ledger().leased() < MIB / 2);
    }

    private static Socket connect() throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(64 << 10);
        socket.setSoTimeout((int) PATIENCE.toMillis());
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return socket;
    }

    private static void write(Socket socket, String head) throws IOException {
        socket.getOutputStream().write(head.getBytes(ISO_8859_1));
        socket.getOutputStream().flush();
    }

    private static String readHead(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int c = in.read();
            if (c < 0) {
                break;
            }
            head.append((char) c);
        }
        return head.toString();
    }

    // ---- the table

    @Test
    void anAnonymousObjectComesBackAsItWasPut() throws Exception {
        HttpResponse<byte[]> created =
                send(
                        to("/v1/objects?idle=1h")
                                .POST(BodyPublishers.ofString("hello"))
                                .header("Content-Type", "text/plain;charset=utf-8")
                                .header("Content-Encoding", "identity")
                                .header("Tokamak-Attr-Colour", "red"));
        assertThat(created.statusCode()).as(text(created)).isEqualTo(201);
        String id = header(created, "Tokamak-Id");
        assertThat(header(created, "Location")).isEqualTo("/v1/objects/" + id);
        JsonNode json = json(created);
        assertThat(json.get("id").asString()).isEqualTo(id);
        assertThat(json.get("size").asLong()).isEqualTo(5);
        assertThat(json.get("key").isNull()).isTrue();
        assertThat(json.get("lifetime").get("kind").asString()).isEqualTo("idle");
        assertThat(json.get("expires").isNull()).isFalse();
        HttpResponse<byte[]> found = get("/v1/objects/" + id.toUpperCase(java.util.Locale.ROOT));
        assertThat(found.statusCode()).isEqualTo(200);
        assertThat(text(found)).isEqualTo("hello");
        assertThat(header(found, "Content-Type")).isEqualTo("text/plain;charset=utf-8");
        assertThat(header(found, "Content-Encoding")).isEqualTo("identity");
        assertThat(header(found, "Tokamak-Attr-Colour")).isEqualTo("red");
        assertThat(header(found, "ETag")).isEqualTo(header(created, "ETag"));
        HttpResponse<byte[]> head =
                send(to("/v1/objects/" + id).method("HEAD", BodyPublishers.noBody()));
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(header(head, "Content-Length")).isEqualTo("5");
        assertThat(header(head, "ETag")).isEqualTo(header(created, "ETag"));
        assertThat(delete("/v1/objects/" + id).statusCode()).isEqualTo(204);
        assertProblem(delete("/v1/objects/" + id), 404, "object-not-found");
        assertProblem(get("/v1/objects/" + id), 404, "object-not-found");
    }

    @Test
    void aNameIsTakenOnce() throws Exception {
        String path = path("once/%C3%A4%2F..%2Fx");
        HttpResponse<byte[]> created = put(path, new byte[] {1, 2});
        assertThat(created.statusCode()).as(text(created)).isEqualTo(201);
        assertThat(json(created).get("key").asString()).isEqualTo("once/ä/../x");
        assertThat(header(created, "Location")).isEqualTo(path("once/%C3%A4/../x"));
        HttpResponse<byte[]> again = put(path, new byte[] {1, 2});
        assertThat(again.statusCode()).isEqualTo(200);
        assertThat(header(again, "ETag")).isEqualTo(header(created, "ETag"));
        assertProblem(put(path, new byte[] {1, 3}), 409, "object-exists");
        assertProblem(
                put(path, new byte[] {1, 2}, "Content-Type", "text/plain"), 409, "object-exists");
        assertProblem(put(path, new byte[] {1, 2}, "Tokamak-Attr-a", "b"), 409, "object-exists");
        assertThat(get(path).body()).containsExactly(1, 2);
        assertThat(delete(path).statusCode()).isEqualTo(204);
        HttpResponse<byte[]> anew = put(path, new byte[] {1, 3});
        assertThat(anew.statusCode()).isEqualTo(201);
        assertThat(header(anew, "ETag")).isNotEqualTo(header(created, "ETag"));
    }

    @ParameterizedTest
    @CsvSource({"0", "1", "65535", "65536", "65537", "1048577", "20000000"})
    @DisplayName("any length comes back the same, declared or not, and again is the same object")
    void lengths(int length) throws Exception {
        byte[] bytes = random(length, length);
        String declared = path("declared-" + length);
        String chunked = path("chunked-" + length);
        for (int status : new int[] {201, 200}) {
            HttpResponse<byte[]> response = put(declared, bytes);
            assertThat(response.statusCode()).as(text(response)).isEqualTo(status);
            response =
                    send(
                            to(chunked)
                                    .PUT(
                                            BodyPublishers.ofInputStream(
                                                    () -> new ByteArrayInputStream(bytes))));
            assertThat(response.statusCode()).as(text(response)).isEqualTo(status);
        }
        assertThat(get(declared).body()).isEqualTo(bytes);
        assertThat(get(chunked).body()).isEqualTo(bytes);
        assertNothingLeased();
        assertThat(delete(declared).statusCode()).isEqualTo(204);
        assertThat(delete(chunked).statusCode()).isEqualTo(204);
    }

    @Test
    void rangesAndConditions() throws Exception {
        byte[] bytes = random(3 * MIB, 7);
        String path = path("ranges");
        String tag = header(put(path, bytes), "ETag");
        HttpResponse<byte[]> one = get(path, "Range", "bytes=-10");
        assertThat(one.statusCode()).isEqualTo(206);
        assertThat(header(one, "Content-Range"))
                .isEqualTo("bytes %d-%d/%d".formatted(3 * MIB - 10, 3 * MIB - 1, 3 * MIB));
        assertThat(one.body())
                .isEqualTo(java.util.Arrays.copyOfRange(bytes, 3 * MIB - 10, 3 * MIB));
        HttpResponse<byte[]> joined = get(path, "Range", "bytes=0-99,100-1999999");
        assertThat(joined.body()).isEqualTo(java.util.Arrays.copyOf(bytes, 2_000_000));
        HttpResponse<byte[]> several = get(path, "Range", "bytes=0-0,5-6");
        assertThat(several.statusCode()).isEqualTo(206);
        assertThat(header(several, "Content-Type")).startsWith("multipart/byteranges; boundary=");
        assertThat(header(several, "Content-Length")).isEqualTo("" + several.body().length);
        assertThat(new String(several.body(), ISO_8859_1))
                .contains("Content-Range: bytes 0-0/" + 3 * MIB)
                .contains("\r\n\r\n" + new String(bytes, 5, 2, ISO_8859_1) + "\r\n--");
        assertThat(get(path, "Range", "bytes=x").statusCode()).isEqualTo(200);
        assertProblem(get(path, "Range", "bytes=3145728-"), 416, "range-not-satisfiable");
        assertProblem(
                get(path, "Range", "bytes=0-0" + ",2-2".repeat(64)), 416, "range-not-satisfiable");
        assertThat(get(path, "If-None-Match", tag).statusCode()).isEqualTo(304);
        assertThat(get(path, "If-None-Match", "\"x\"").statusCode()).isEqualTo(200);
        assertThat(get(path, "Range", "bytes=0-0", "If-Range", tag).statusCode()).isEqualTo(206);
        assertThat(get(path, "Range", "bytes=0-0", "If-Range", "\"x\"").statusCode())
                .isEqualTo(200);
        assertThat(put(path("empty"), new byte[0]).statusCode()).isEqualTo(201);
        assertProblem(get(path("empty"), "Range", "bytes=0-"), 416, "range-not-satisfiable");
        assertThat(get(path("empty")).body()).isEmpty();
    }

    @Test
    void digests() throws Exception {
        byte[] bytes = random(MIB, 8);
        String right = Digests.header(Sha256.begin().digest(bytes));
        String wrong = Digests.header(new byte[32]);
        assertProblem(put(path("digest"), bytes, "Repr-Digest", wrong), 422, "digest-mismatch");
        assertProblem(put(path("digest"), bytes, "Repr-Digest", "sha-256=1"), 400, "bad-digest");
        assertThat(status(path("digest"))).isEqualTo(404);
        assertThat(put(path("digest"), bytes, "Repr-Digest", right).statusCode()).isEqualTo(201);
        assertThat(header(get(path("digest"), "Want-Repr-Digest", "sha-256=1"), "Repr-Digest"))
                .isEqualTo(right);
        assertThat(
                        header(
                                send(
                                        to(path("digest"))
                                                .method("HEAD", BodyPublishers.noBody())
                                                .header("Want-Repr-Digest", "sha-256=1")),
                                "Repr-Digest"))
                .isEqualTo(right);
        assertThat(header(get(path("digest")), "Repr-Digest")).isEmpty();
        assertThat(put(path("md5"), bytes, "Repr-Digest", "md5=:AA==:").statusCode())
                .isEqualTo(201);
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /v1/objects/xyz, 400, bad-id",
        "GET, /v1/namespaces/UPPER/objects/a, 400, bad-name",
        "GET, /v1/namespaces/it/objects/%00, 400, bad-name",
        "GET, /v1/namespaces/it/objects/%ff, 400, bad-name",
        "PUT, /v1/namespaces/it/objects/a?ttl=10, 400, bad-duration",
        "PUT, /v1/namespaces/it/objects/a?replicas=17, 400, bad-parameter",
        "PUT, /v1/namespaces/it/objects/a?colour=red, 400, unknown-parameter",
        "GET, /v1/namespaces/it/objects/a?wait=6m, 400, bad-duration",
        "GET, /v1/namespaces/it/objects/a?wait=10, 400, bad-duration",
        "GET, /v1/namespaces/it/objects/a?view=all, 400, bad-parameter",
        "GET, /v1/objects?limit=0, 400, bad-limit",
        "GET, /v1/objects?limit=1001, 400, bad-limit",
        "GET, /v1/objects?cursor=!, 400, bad-cursor",
        "GET, /v1/objects?cursor=, 400, bad-cursor",
        "GET, /v1/objects?cursor=abc, 400, bad-cursor",
        "GET, /v1/objects?cursor=%2B0, 400, bad-cursor",
        "GET, /v1/objects?mediaType=, 400, bad-media-type",
        "GET, /v1/objects?mediaType=nonsense, 400, bad-media-type",
        "GET, /v1/objects?prefix=a, 400, bad-parameter",
        "GET, /v1/nodes/nobody, 404, node-not-found",
        "GET, /v1/namespaces/it/objects/nothing, 404, object-not-found",
        "GET, /v1/nothing, 404, no-such-path",
        "GET, /nothing, 404, no-such-path",
        "PATCH, /v1/objects, 405, method-not-allowed",
        "POST, /v1/namespaces/it/objects/a, 405, method-not-allowed",
        "POST, /v1/objects:wait, 400, bad-parameter",
    })
    void refused(String method, String path, int status, String code) throws Exception {
        HttpResponse<byte[]> response =
                send(to(path).method(method, BodyPublishers.ofString("not json")));
        assertProblem(response, status, code);
        if (status == 405) {
            assertThat(header(response, "Allow")).isNotEmpty();
        }
    }

    @Test
    void headersThatAreWrongAreRefused() throws Exception {
        String path = path("headers");
        assertProblem(put(path, new byte[1], "Content-Type", "nonsense"), 400, "bad-media-type");
        assertProblem(
                put(path, new byte[1], "Tokamak-Attr-a", "x".repeat(8192)), 400, "bad-attribute");
        assertThat(put(path, new byte[1]).statusCode()).isEqualTo(201);
        assertThat(header(get(path), "Content-Type")).isEqualTo("application/octet-stream");
    }

    @Test
    void aGetWaitsForWhatIsNotThereYet() throws Exception {
        CompletableFuture<HttpResponse<byte[]>> waiting =
                HTTP.sendAsync(to(path("later") + "?wait=30s").build(), BodyHandlers.ofByteArray());
        assertThat(put(path("later"), new byte[] {9}).statusCode()).isEqualTo(201);
        assertThat(waiting.get().body()).containsExactly(9);
        CompletableFuture<HttpResponse<Void>> head =
                HTTP.sendAsync(
                        to(path("later%20still") + "?wait=30s")
                                .method("HEAD", BodyPublishers.noBody())
                                .build(),
                        BodyHandlers.discarding());
        assertThat(put(path("later%20still"), new byte[] {9}).statusCode()).isEqualTo(201);
        assertThat(head.get().statusCode()).isEqualTo(200);
        long start = System.nanoTime();
        assertProblem(get(path("never") + "?wait=300ms"), 404, "object-not-found");
        assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(300_000_000L);
    }

    @Test
    void waitsForSeveral() throws Exception {
        put(path("w1"), new byte[] {1});
        HttpResponse<byte[]> response =
                send(
                        to("/v1/objects:wait")
                                .POST(
                                        BodyPublishers.ofString(
                                                """
                                                {"names": [{"namespace": "it", "key": "w1"},
                                                           {"namespace": "it", "key": "w2"}],
                                                 "timeout": "200ms"}
                                                """)));
        assertThat(response.statusCode()).as(text(response)).isEqualTo(200);
        assertThat(json(response).get("ready").get(0).get("key").asString()).isEqualTo("w1");
        assertThat(json(response).get("pending").get(0).get("key").asString()).isEqualTo("w2");
    }

    @Test
    void aWaitForSomeTellsOfAllThatAreThere() throws Exception {
        put(path("some1"), new byte[] {1});
        put(path("some2"), new byte[] {2});
        JsonNode answer =
                json(
                        waitFor(
                                """
                                {"names": [{"namespace": "it", "key": "some1"},
                                           {"namespace": "it", "key": "some3"},
                                           {"namespace": "it", "key": "some2"}],
                                 "count": 1}
                                """));
        assertThat(answer.get("ready").findValuesAsString("key")).containsExactly("some1", "some2");
        assertThat(answer.get("pending").findValuesAsString("key")).containsExactly("some3");
    }

    @Test
    void aFieldThatIsGivenTwiceIsRefused() throws Exception {
        assertProblem(waitFor("{\"ids\": [], \"count\": 0, \"ids\": []}"), 400, "bad-parameter");
    }

    private HttpResponse<byte[]> waitFor(String json) throws Exception {
        return send(to("/v1/objects:wait").POST(BodyPublishers.ofString(json)));
    }

    @Test
    void aCursorIsOfOneList() throws Exception {
        for (int i = 0; i < 3; i++) {
            put(path("cursor/" + i), new byte[] {1});
        }
        String list = "/v1/objects?namespace=it&prefix=cursor/&limit=1";
        String cursor = json(get(list)).get("cursor").asString();
        assertThat(get(list + "&cursor=" + cursor).statusCode()).isEqualTo(200);
        String cut = cursor.substring(0, cursor.length() - 1);
        assertProblem(get(list + "&cursor=" + cut), 400, "bad-cursor");
        assertProblem(get(list + "&cursor=1" + cut), 400, "bad-cursor");
        assertProblem(get("/v1/objects?namespace=it&cursor=" + cursor), 400, "bad-cursor");
    }

    @Test
    void descriptionsAndNodes() throws Exception {
        put(path("described") + "?ttl=1h", new byte[] {1}, "Tokamak-Attr-a", "b");
        JsonNode info = json(get(path("described") + "?view=info"));
        assertThat(info.get("attributes").get("a").asString()).isEqualTo("b");
        assertThat(info.get("namespace").asString()).isEqualTo("it");
        assertThat(info.get("locations").size()).isEqualTo(1);
        JsonNode local = json(get("/v1/nodes/local"));
        assertThat(local.get("folder").asString()).isEqualTo(node.folder().toString());
        String id = local.get("id").asString();
        assertThat(json(get("/v1/nodes")).get("nodes").get(0).get("id").asString()).isEqualTo(id);
        JsonNode byId = json(get("/v1/nodes/" + id));
        assertThat(byId.get("pool").get("capacity").asLong()).isPositive();
        assertThat(byId.get("address").asString()).matches("127\\.0\\.0\\.1:[0-9]{4,5}");
    }

    @Test
    void aListIsReadPageByPage() throws Exception {
        for (int i = 0; i < 25; i++) {
            put("/v1/namespaces/list/objects/p/" + i, new byte[] {(byte) i});
        }
        put("/v1/namespaces/list/objects/q", new byte[] {1});
        Set<String> keys = new HashSet<>();
        String cursor = "";
        int pages = 0;
        do {
            JsonNode page =
                    json(
                            get(
                                    "/v1/objects?namespace=list&prefix=p%2F&limit=10"
                                            + (cursor.isEmpty() ? "" : "&cursor=" + cursor)));
            page.get("objects")
                    .forEach(o -> assertThat(keys.add(o.get("key").asString())).isTrue());
            cursor = page.get("cursor").isNull() ? "" : page.get("cursor").asString();
            pages++;
        } while (!cursor.isEmpty());
        assertThat(keys).hasSize(25);
        assertThat(pages).isGreaterThan(2);
    }

    @Test
    @DisplayName(
            "more copies than there are nodes are 202, with how many there are; the object stays")
    void replicas() throws Exception {
        byte[] bytes = random(100, 1);
        HttpResponse<byte[]> more = put(path("copies") + "?replicas=3", bytes);
        assertThat(more.statusCode()).isEqualTo(202);
        assertThat(json(more).get("asked").asInt()).isEqualTo(3);
        assertThat(json(more).get("reached").asInt()).isEqualTo(1);
        assertThat(json(more).get("key").asString()).isEqualTo("copies");
        assertThat(header(more, "Location")).isEqualTo(path("copies"));
        HttpResponse<byte[]> read = get(path("copies"));
        assertThat(read.body()).isEqualTo(bytes);
        assertThat(header(more, "ETag")).isEqualTo(header(read, "ETag"));

        HttpResponse<byte[]> one = put(path("copies") + "?replicas=1", bytes);
        assertThat(one.statusCode()).as("it is there, once").isEqualTo(200);
        assertThat(json(one).has("asked")).isFalse();
        HttpResponse<byte[]> anonymous =
                send(to("/v1/objects?replicas=16").POST(BodyPublishers.ofString("x")));
        assertThat(anonymous.statusCode()).isEqualTo(202);
        assertThat(json(anonymous).get("asked").asInt()).isEqualTo(16);
        assertThat(text(get(header(anonymous, "Location")))).isEqualTo("x");
        assertProblem(put(path("copies") + "?replicas=2", new byte[1]), 409, "object-exists");
    }

    @Test
    @DisplayName("a list has what is of a group or a media type, and a group goes as one")
    void listsAreFiltered() throws Exception {
        String objects = "/v1/namespaces/filtered/objects/";
        for (String key : new String[] {"a", "b"}) {
            put(objects + key + "?group=g", new byte[] {1}, "Content-Type", "text/plain");
        }
        put(objects + "c", new byte[] {1}, "Content-Type", "text/x-filtered");
        assertThat(keys("namespace=filtered&group=g")).containsExactlyInAnyOrder("a", "b");
        assertThat(keys("mediaType=text%2Fx-filtered")).containsExactly("c");
        assertThat(json(delete("/v1/namespaces/filtered/groups/g")).get("deleted").asLong())
                .isEqualTo(2);
        assertThat(keys("namespace=filtered&group=g")).isEmpty();
        assertThat(keys("namespace=filtered")).containsExactly("c");
    }

    private static List<String> keys(String query) throws Exception {
        List<String> keys = new ArrayList<>();
        json(get("/v1/objects?" + query))
                .get("objects")
                .forEach(object -> keys.add(object.get("key").asString()));
        return keys;
    }

    // ---- streams

    @Test
    @DisplayName("a declared length above the pool is refused before the body is sent")
    void tooLarge() throws Exception {
        try (Socket socket = connect()) {
            write(
                    socket,
                    "PUT %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000000\r\n\r\n"
                            .formatted(path("huge")));
            String head = readHead(socket.getInputStream());
            assertThat(head).startsWith("HTTP/1.1 413").containsIgnoringCase("connection: close");
        }
    }

    @Test
    @DisplayName("an answer amid the body reaches who reads it only when all is sent")
    void answersAmidTheBody() throws Exception {
        for (String framing :
                new String[] {"Content-Length: 10000000000", "Transfer-Encoding: chunked"}) {
            try (Socket socket = connect()) {
                write(
                        socket,
                        "PUT %s?deadline=0s HTTP/1.1\r\nHost: localhost\r\n%s\r\n\r\n"
                                .formatted(path("amid"), framing));
                byte[] chunk = new byte[MIB];
                for (int i = 0; i < 300; i++) { // more than the pool has
                    write(socket, "100000\r\n");
                    socket.getOutputStream().write(chunk);
                    write(socket, "\r\n");
                }
                String all = new String(socket.getInputStream().readAllBytes(), UTF_8);
                assertThat(all)
                        .startsWith("HTTP/1.1 ")
                        .containsIgnoringCase("connection: close")
                        .contains("\"remedy\":");
            }
        }
        assertNothingLeased();
    }

    @Test
    @DisplayName(
            "a refused body is read over, or the connection closed: never the next call harmed")
    void refusedBodies() throws Exception {
        for (String call :
                new String[] {
                    "PUT /nowhere", // 404
                    "POST " + path("method"), // 405
                    "PUT " + path("parameter") + "?bad=1", // 400
                    "POST /v1/objects:wait", // too long a document
                }) {
            try (Socket socket = connect()) {
                byte[] body = new byte[40 * MIB];
                write(
                        socket,
                        call
                                + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
                                        .formatted(body.length));
                socket.getOutputStream().write(body);
                String head = readHead(socket.getInputStream());
                assertThat(head).as(call).startsWith("HTTP/1.1 4");
                if (!head.toLowerCase(java.util.Locale.ROOT).contains("connection: close")) {
                    readBody(socket.getInputStream(), head);
                    write(socket, "GET /v1/nodes HTTP/1.1\r\nHost: localhost\r\n\r\n");
                    assertThat(readHead(socket.getInputStream()))
                            .as(call)
                            .startsWith("HTTP/1.1 200");
                }
            }
        }
    }

    private static void readBody(InputStream in, String head) throws IOException {
        java.util.regex.Matcher length =
                java.util.regex.Pattern.compile("(?i)content-length: (\\d+)").matcher(head);
        assertThat(length.find()).as(head).isTrue();
        in.skipNBytes(Long.parseLong(length.group(1)));
    }

    @Test
    @DisplayName("an upload whose connection ends leaves nothing, and holds no name meanwhile")
    void disconnect() throws Exception {
        String path = path("cut");
        byte[] half = random(8 * MIB, 9);
        try (Socket socket = connect()) {
            write(
                    socket,
                    "PUT %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
                            .formatted(path, 17 * MIB));
            socket.getOutputStream().write(half);
            await().atMost(PATIENCE).until(() -> ledger().leased() > 16 * MIB);
            HttpResponse<byte[]> other = put(path, new byte[] {5});
            assertThat(other.statusCode()).as(text(other)).isEqualTo(201);
        }
        assertNothingLeased();
        assertThat(get(path).body()).containsExactly(5);
    }

    @Test
    void aBodyThatStallsIsEnded() throws Exception {
        for (String framing :
                new String[] {"Content-Length: 1000000", "Transfer-Encoding: chunked"}) {
            try (Socket socket = connect()) {
                write(
                        socket,
                        "PUT %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n\r\n3\r\nabc\r\n"
                                .formatted(path("stall"), framing));
                String head = readHead(socket.getInputStream());
                assertThat(head).startsWith("HTTP/1.1 408");
                assertThat(new String(socket.getInputStream().readAllBytes(), UTF_8))
                        .contains("upload-timeout");
            }
        }
        assertThat(status(path("stall"))).isEqualTo(404);
        assertNothingLeased();
    }

    @Test
    void noRoomByTheDeadline() throws Exception {
        byte[] bytes = random(140 * MIB, 3);
        assertThat(put(path("fill"), bytes).statusCode()).isEqualTo(201);
        HttpResponse<byte[]> refused = put(path("fill2") + "?deadline=200ms", bytes);
        assertProblem(refused, 507, "out-of-memory");
        assertThat(json(refused).get("requested").asLong()).isGreaterThanOrEqualTo(140 * MIB);
        assertThat(json(refused).has("capacity")).isTrue();
        assertThat(get(path("fill")).body()).isEqualTo(bytes);
        assertThat(delete(path("fill")).statusCode()).isEqualTo(204);
    }

    @Test
    @DisplayName("I38: a slow reader gets the right bytes, whatever becomes of the object")
    void slowReader() throws Exception {
        byte[] bytes = random(48 * MIB, 11);
        String path = path("slow");
        assertThat(put(path, bytes).statusCode()).isEqualTo(201);
        try (Socket socket = connect()) {
            write(socket, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n".formatted(path));
            InputStream in = socket.getInputStream();
            assertThat(readHead(in)).startsWith("HTTP/1.1 200");
            byte[] read = new byte[bytes.length];
            int first = in.readNBytes(read, 0, MIB);
            assertThat(delete(path).statusCode()).isEqualTo(204);
            for (int i = 0; i < 8; i++) { // three times what is free
                String other = path("over-" + i);
                byte[] noise = new byte[60 * MIB];
                java.util.Arrays.fill(noise, (byte) i);
                assertThat(put(other, noise).statusCode()).isEqualTo(201);
                assertThat(delete(other).statusCode()).isEqualTo(204);
            }
            assertThat(ledger().pinned()).isPositive();
            in.readNBytes(read, first, bytes.length - first);
            assertThat(read).isEqualTo(bytes);
        }
        await().atMost(PATIENCE).until(() -> ledger().pinned() == 0);
    }

    @Test
    void aReaderThatGoesAwayEndsItsPin() throws Exception {
        String path = path("gone");
        assertThat(put(path, random(48 * MIB, 12)).statusCode()).isEqualTo(201);
        try (Socket socket = connect()) {
            write(socket, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n".formatted(path));
            assertThat(readHead(socket.getInputStream())).startsWith("HTTP/1.1 200");
            assertThat(ledger().pinned()).isPositive();
        }
        await().atMost(PATIENCE).until(() -> ledger().pinned() == 0);
        assertThat(delete(path).statusCode()).isEqualTo(204);
    }

    @Test
    @Order(Integer.MAX_VALUE)
    @DisplayName("a node that is away is 503 until it is back, and then all is as before")
    void nodeAway() throws Exception {
        put(path("survivor"), new byte[] {4});
        TokamakClient client = gateway.getBean(NodeConnection.class).client();
        assertThat(client).isNotNull();
        node.kill();
        HttpResponse<byte[]> refused = get(path("unheard-of"));
        assertProblem(refused, 503, "unavailable");
        assertThat(header(refused, "Retry-After")).isNotEmpty();
        await().atMost(PATIENCE).until(() -> status("/actuator/health/readiness") == 503);
        node.restart();
        await().atMost(PATIENCE).until(() -> status("/actuator/health/readiness") == 200);
        assertThat(get(path("survivor")).body()).containsExactly(4);
        assertThat(put(path("after"), new byte[] {6}).statusCode()).isEqualTo(201);
    }
}
