package io.tokamak.gateway.objects;

import static io.tokamak.gateway.objects.RestGateway.MIB;
import static io.tokamak.gateway.objects.RestGateway.assertProblem;
import static io.tokamak.gateway.objects.RestGateway.header;
import static io.tokamak.gateway.objects.RestGateway.json;
import static io.tokamak.gateway.objects.RestGateway.random;
import static io.tokamak.gateway.objects.RestGateway.readHead;
import static io.tokamak.gateway.objects.RestGateway.text;
import static io.tokamak.gateway.objects.RestGateway.write;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.URLEncoder;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * What nobody should send, over real sockets: each is told what is wrong, and harms no one else.
 */
@ExtendWith(SharedGateway.class)
@DisplayName("Bad input")
class BadInputIT {
    private static final String ID = "01000000070000000500000000000001";

    private final RestGateway gateway;

    BadInputIT(RestGateway gateway) {
        this.gateway = gateway;
    }

    private static String path(String key) {
        return "/v1/namespaces/bad/objects/" + key;
    }

    /** Sends bytes on a connection of their own, and reads until the gateway ends it. */
    private String raw(String request) throws IOException {
        return raw(request, false);
    }

    /**
     * @param isCut the caller ends it after that, in the middle of a request
     */
    private String raw(String request, boolean isCut) throws IOException {
        try (Socket socket = gateway.connect()) {
            try {
                write(socket, request);
                if (isCut) {
                    socket.shutdownOutput();
                }
            } catch (SocketException refusedAlready) {
                assertThat(refusedAlready).isNotNull();
            }
            return untilTheEnd(socket.getInputStream());
        }
    }

    private static String untilTheEnd(InputStream in) throws IOException {
        StringBuilder answer = new StringBuilder();
        byte[] part = new byte[8192];
        try {
            for (int n = in.read(part); n >= 0; n = in.read(part)) {
                answer.append(new String(part, 0, n, ISO_8859_1));
            }
        } catch (SocketException reset) {
            answer.append("<reset>");
        }
        return answer.toString();
    }

    private void assertNothingAt(String key) throws Exception {
        assertProblem(gateway.get(path(key)), 404, "object-not-found");
        gateway.assertNothingLeased();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x",
                "0100000007000000050000000000000", // 31
                ID + "0",
                "0100000007000000050000000000000g",
                "0x000000070000000500000000000001",
                "-1000000070000000500000000000001",
                "%EF%BC%91000000070000000500000000000001", // a digit of another script
                "0100000007000000050000000000000%00",
                "01000000070000000500000000000001%20",
                "%ff",
                "..",
            })
    @DisplayName("an id of the wrong length, or not hex, is bad-id for every call that has one")
    void ids(String id) throws Exception {
        assertProblem(gateway.get("/v1/objects/" + id), 400, "bad-id");
        assertProblem(gateway.get("/v1/objects/" + id + "?view=info"), 400, "bad-id");
        assertProblem(gateway.delete("/v1/objects/" + id), 400, "bad-id");
        assertProblem(gateway.post("/v1/objects/" + id + "/mappings", "{}"), 400, "bad-id");
        assertThat(
                        gateway.send(
                                        gateway.to("/v1/objects/" + id)
                                                .method("HEAD", BodyPublishers.noBody()))
                                .statusCode())
                .isEqualTo(400);
    }

    @Test
    void anIdInUpperCaseIsTheSameId() throws Exception {
        String id = header(gateway.post("/v1/objects", "upper"), "Tokamak-Id");
        HttpResponse<byte[]> found = gateway.get("/v1/objects/" + id.toUpperCase(Locale.ROOT));
        assertThat(text(found)).isEqualTo("upper");
        assertThat(header(found, "Tokamak-Id")).isEqualTo(id);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a/b/c",
                "/",
                "//a//",
                ".",
                "..",
                "../../etc/passwd",
                "a/./b/../c",
                "100%",
                "%41",
                "%2F",
                "a b",
                "a+b",
                "a?b=c&d",
                "a#b",
                "a:b",
                "x:renew",
                "a/mappings",
                "mappings",
                "objects/x",
                "ä€😀",
                "a\u0308", // two code points, not the one
                "\u00e4",
                "\u202e\ufeff",
                "\"<>\\^`{|}",
                "{key}",
            })
    @DisplayName("a key is kept exactly: slashes, dots, percent signs, every script")
    void keys(String key) throws Exception {
        String path = path(URLEncoder.encode(key, UTF_8).replace("+", "%20"));
        byte[] bytes = key.getBytes(UTF_8);
        HttpResponse<byte[]> created = gateway.put(path, bytes);
        assertThat(created.statusCode()).as(text(created)).isEqualTo(201);
        assertThat(json(created).get("key").asString()).isEqualTo(key);
        assertThat(gateway.get(path).body()).isEqualTo(bytes);
        assertThat(gateway.get(header(created, "Location")).body()).isEqualTo(bytes);
        assertThat(
                        json(gateway.get("/v1/objects?namespace=bad&limit=1000"))
                                .findValuesAsString("key"))
                .contains(key);
        assertThat(gateway.delete(path).statusCode()).isEqualTo(204);
    }

    @ParameterizedTest
    @CsvSource({
        "%00, 400, bad-name",
        "a%00b, 400, bad-name",
        "a%0D%0Ab, 400, bad-name",
        "%7F, 400, bad-name",
        "%C2%85, 400, bad-name",
        "%ff, 400, bad-name",
        "%C3, 400, bad-name",
        "%ED%A0%80, 400, bad-name", // half a surrogate pair
        "%F4%90%80%80, 400, bad-name", // beyond Unicode
        "%C0%AF, 400, bad-name", // a slash, too long
    })
    @DisplayName("NUL, control characters and what is no UTF-8 are bad-name")
    void badKeys(String key, int status, String code) throws Exception {
        assertProblem(gateway.put(path(key), new byte[1]), status, code);
        assertProblem(gateway.get(path(key)), status, code);
        assertProblem(gateway.delete(path(key)), status, code);
    }

    @Test
    @DisplayName("a key has at most 1,024 bytes; 10,000 characters say the limit")
    void longKeys() throws Exception {
        assertThat(gateway.put(path("k".repeat(1024)), new byte[1]).statusCode()).isEqualTo(201);
        for (String key : List.of("k".repeat(1025), "k".repeat(10_000), "%C3%A4".repeat(513))) {
            HttpResponse<byte[]> refused = gateway.put(path(key), new byte[1]);
            assertProblem(refused, 400, "bad-name");
            assertThat(json(refused).get("limit").asInt()).isEqualTo(1024);
        }
        String answer =
                raw(
                        "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"
                                .formatted(path("%C3%A4".repeat(10_000))));
        assertThat(answer).startsWith("HTTP/1.1 414").contains("path-too-long");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "UPPER", "-a", ".a", "_a", "a%20b", "a%2Fb", "%C3%A4", "%00", "..", ".", "a!b",
            })
    @DisplayName("a namespace is a-z 0-9 . _ - and begins with a letter or digit")
    void namespaces(String namespace) throws Exception {
        assertProblem(gateway.get("/v1/namespaces/" + namespace + "/objects/a"), 400, "bad-name");
        assertProblem(
                gateway.put("/v1/namespaces/" + namespace + "/objects/a", new byte[1]),
                400,
                "bad-name");
        assertProblem(gateway.delete("/v1/namespaces/" + namespace + "/groups/a"), 400, "bad-name");
    }

    @Test
    void aNamespaceHasAtMost63Bytes() throws Exception {
        assertThat(
                        gateway.put("/v1/namespaces/" + "n".repeat(63) + "/objects/a", new byte[1])
                                .statusCode())
                .isEqualTo(201);
        HttpResponse<byte[]> refused =
                gateway.put("/v1/namespaces/" + "n".repeat(64) + "/objects/a", new byte[1]);
        assertProblem(refused, 400, "bad-name");
        assertThat(json(refused).get("limit").asInt()).isEqualTo(63);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "bytes=0-0; 206; 0-1",
                "bytes=-1; 206; 99999-100000",
                "bytes=-999999999999999999999999; 206; 0-100000",
                "bytes=0-999999999999999999999999; 206; 0-100000",
                "bytes=99999-; 206; 99999-100000",
                "bytes=00000000000000000000000000005-6; 206; 5-7",
                "bytes=0-9,5-20; 206; 0-21",
                "bytes=5-20,0-9,3-4; 206; 0-21",
                "bytes=0-9,10-19; 206; 0-20",
                "bytes=0-9, ,10-19,; 206; 0-20",
                "bytes=0-9,200000-; 206; 0-10",
                "BYTES=0-0; 206; 0-1",
                "bytes=100000-; 416;",
                "bytes=999999999999999999999999-; 416;",
                "bytes=-0; 416;",
                "bytes=100000-100001,200000-; 416;",
                "bytes=; 200;",
                "bytes=,; 200;",
                "bytes=-; 200;",
                "bytes=--1; 200;",
                "bytes=5-4; 200;",
                "bytes=a-b; 200;",
                "bytes=0x0-1; 200;",
                "bytes=0-9,x; 200;",
                "bytes=1.5-2; 200;",
                "bytes = 0-1; 200;",
                "octets=0-1; 200;",
                "0-1; 200;",
            })
    @DisplayName("ranges: absurd ones end where the object ends, malformed ones are ignored")
    void ranges(String range, int status, String expected) throws Exception {
        byte[] bytes = random(100_000, 17);
        String path = path("ranges");
        assertThat(gateway.put(path, bytes).statusCode()).isIn(200, 201);
        HttpResponse<byte[]> response = gateway.get(path, "Range", range);
        assertThat(response.statusCode()).isEqualTo(status);
        switch (status) {
            case 206 -> {
                int dash = expected.indexOf('-');
                int start = Integer.parseInt(expected.substring(0, dash));
                int end = Integer.parseInt(expected.substring(dash + 1));
                assertThat(header(response, "Content-Range"))
                        .isEqualTo("bytes %d-%d/100000".formatted(start, end - 1));
                assertThat(response.body()).isEqualTo(Arrays.copyOfRange(bytes, start, end));
            }
            case 416 -> {
                assertProblem(response, 416, "range-not-satisfiable");
                assertThat(header(response, "Content-Range")).isEqualTo("bytes */100000");
            }
            default -> assertThat(response.body()).isEqualTo(bytes);
        }
    }

    @Test
    @DisplayName("64 ranges are answered, 65 are 416, and thousands cost no more than their header")
    void manyRanges() throws Exception {
        byte[] bytes = random(100_000, 18);
        String path = path("many-ranges");
        assertThat(gateway.put(path, bytes).statusCode()).isEqualTo(201);
        HttpResponse<byte[]> most = gateway.get(path, "Range", every(10, 64));
        assertThat(most.statusCode()).isEqualTo(206);
        assertThat(text(most).split("Content-Range", -1)).hasSize(65);
        assertProblem(gateway.get(path, "Range", every(10, 65)), 416, "range-not-satisfiable");
        assertProblem(gateway.get(path, "Range", every(2, 3000)), 416, "range-not-satisfiable");
    }

    private static String every(int step, int count) {
        return "bytes="
                + String.join(
                        ",",
                        IntStream.range(0, count)
                                .mapToObj(i -> i * step + "-" + i * step)
                                .toList());
    }

    @ParameterizedTest
    @CsvSource({
        "?ttl=1h&ttl=1h, bad-parameter, ttl",
        "?ttl=%ff, bad-parameter,",
        "?ttl, bad-duration,",
        "?TTL=1h, unknown-parameter, TTL",
        "?ttl%00=1h, unknown-parameter,",
        "?replicas=1e0, bad-parameter,",
        "?replicas=-1, bad-parameter,",
        "?replicas=99999999999999999999, bad-parameter,",
        "?deadline=PT999999H, bad-duration,",
        "?idle=0s, bad-duration,",
        "?group=%00, bad-name,",
    })
    @DisplayName("a query is taken by its rules or refused: twice, broken, out of range")
    void queries(String query, String code, String parameter) throws Exception {
        HttpResponse<byte[]> refused = gateway.put(path("query") + query, new byte[1]);
        assertProblem(refused, 400, code);
        if (parameter != null) {
            assertThat(json(refused).get("parameter").asString()).isEqualTo(parameter);
        }
    }

    @Nested
    @DisplayName("in a head")
    class Heads {
        @Test
        @DisplayName("a bomb of headers ends its own connection and nothing else")
        void bomb() throws Exception {
            StringBuilder many = new StringBuilder("GET /v1/nodes HTTP/1.1\r\nHost: localhost\r\n");
            for (int i = 0; i < 100_000; i++) {
                many.append("X-").append(i).append(": y\r\n");
            }
            assertThat(raw(many + "\r\n")).startsWith("HTTP/1.1 431").contains("head-too-large");
            assertThat(raw("GET /v1/nodes HTTP/1.1\r\nHost: localhost\r\n" + "a".repeat(MIB)))
                    .startsWith("HTTP/1.1 431");
            assertThat(raw("a".repeat(MIB))).startsWith("HTTP/1.1 414");
            assertThat(gateway.get("/v1/nodes").statusCode()).isEqualTo(200);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "GET /v1/nodes HTTP/1.1\r\nHost: localhost\r\nA b: c\r\n\r\n",
                    "GET /v1/nodes HTTP/1.1\r\nHost: localhost\r\nA: b\0c\r\n\r\n",
                    "GET /v1/nodes HTTP/1.1\r\nHost: localhost\r\n: c\r\n\r\n",
                    "GET /v1/no des HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                    "GET /v1/objects/^|%zz HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n",
                    "GET /v1/namespaces/a% HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n",
                    "GET /v1/objects?limit=%z HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n",
                    "PUT /v1/objects HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
                    "PUT /v1/objects HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
                    "PUT / HTTP/1.1\r\nHost:\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                    "PUT / HTTP/1.1\r\n"
                            + "Host:\r\n"
                            + "Content-Length:1\r\n"
                            + "Transfer-Encoding:chunked\r\n\r\n",
                    "\u0016\u0003\u0001\u0002\u0000\r\n\r\n", // the begin of a TLS handshake
                    "\0\r\n\r\n",
                })
        @DisplayName("what is no HTTP is 400, as a problem")
        @SuppressWarnings("StringConcatToTextBlock") // the ends of lines are the protocol's
        void noHttp(String request) throws Exception {
            assertThat(raw(request)).startsWith("HTTP/1.").contains(" 400 ", "\"bad-request\"");
        }

        @Test
        void attributesHaveTheirLimits() throws Exception {
            String[] headers = new String[130];
            for (int i = 0; i < 65; i++) {
                headers[2 * i] = "Tokamak-Attr-a" + i;
                headers[2 * i + 1] = "x";
            }
            assertProblem(
                    gateway.put(path("attributes"), new byte[1], headers), 400, "bad-attribute");
            assertProblem(
                    gateway.put(path("attributes"), new byte[1], "Tokamak-Attr-", "x"),
                    400,
                    "bad-attribute");
            String answer =
                    raw(
                            "PUT %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTokamak-Attr-a: \u00ff\r\nContent-Length: 0\r\n\r\n"
                                    .formatted(path("attributes")));
            assertThat(answer).contains("bad-attribute");
            assertThat(
                            raw(
                                    "PUT %s\u00c3\u00a9 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
                                            .formatted(path("raw"))))
                    .as("a key is percent-encoded, or it would be kept as another text")
                    .contains("bad-name");
            assertThat(
                            gateway.put(
                                            path("attributes"),
                                            new byte[1],
                                            Arrays.copyOf(headers, 128))
                                    .statusCode())
                    .isEqualTo(201);
        }
    }

    @Nested
    @DisplayName("in a body")
    class Bodies {
        @ParameterizedTest
        @ValueSource(ints = {0, 1, 65_536, 3_000_000})
        @DisplayName("shorter than declared leaves nothing")
        void shorter(int sent) throws Exception {
            String answer =
                    raw(
                            "PUT %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000000\r\n\r\n%s"
                                    .formatted(path("shorter"), "x".repeat(sent)),
                            true);
            assertThat(answer).doesNotContain("201");
            assertNothingAt("shorter");
        }

        @Test
        @DisplayName("longer than declared is the next request, and no HTTP")
        void longer() throws Exception {
            String answer =
                    raw(
                            "PUT %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabcdef\r\n\r\n"
                                    .formatted(path("longer")));
            assertThat(answer).startsWith("HTTP/1.1 201");
            assertThat(answer.substring(1)).doesNotContain("HTTP/1.1 2");
            assertThat(text(gateway.get(path("longer")))).isEqualTo("abc");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "zz\r\n",
                    "3\r\nabc\r\nzz\r\n",
                    "3\r\nabcdef\r\n0\r\n\r\n",
                    "-1\r\nabc\r\n0\r\n\r\n",
                    "ffffffffffffffffff\r\nabc",
                    "3\r\nabc\r\n0\r\nno trailer\r\n\r\n",
                    "3\r\nab",
                    "3\r\nabc\r\n",
                    "3\r\nabc\r\n0\r\n",
                    "",
                })
        @DisplayName("in chunks that are broken or end too early leaves nothing, however often")
        void chunks(String chunks) throws Exception {
            for (int i = 0; i < 30; i++) { // before the body has a reader, and after
                String answer =
                        raw(
                                "PUT %s HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n%s"
                                        .formatted(path("chunks"), chunks),
                                true);
                assertThat(answer).doesNotContain("201");
            }
            assertNothingAt("chunks");
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = ';',
                quoteCharacter = '`',
                value = {
                    "[]; bad-parameter; body",
                    "null; bad-parameter; body",
                    "7; bad-parameter; body",
                    "{; bad-parameter; body",
                    "{\"ids\": 1}; bad-parameter; ids",
                    "{\"ids\": {}}; bad-parameter; ids",
                    "{\"ids\": \"a\"}; bad-parameter; ids",
                    "{\"ids\": [null]}; bad-parameter; ids[0]",
                    "{\"ids\": [\"01000000070000000500000000000001\", 7]}; bad-parameter; ids[1]",
                    "{\"ids\": [\"01000000070000000500000000000001\", \"x\"]}; bad-id; ids[1]",
                    "{\"ids\": [[]]}; bad-parameter; ids[0]",
                    "{\"names\": [null]}; bad-parameter; names[0]",
                    "{\"names\": [\"a\"]}; bad-parameter; names[0]",
                    "{\"names\": [{}]}; bad-name; names[0]",
                    "{\"names\": [{\"key\": \"a\"}, {\"key\": 1}]}; bad-parameter; names[1].key",
                    "{\"names\": [{\"key\": \"a\", \"namespace\": \"A\"}]}; bad-name; names[0]",
                    "{\"names\": [{\"key\": \"a\", \"space\": \"A\"}]}; unknown-parameter;"
                            + " names[0].space",
                    "{\"count\": 1}; bad-parameter; count",
                    "{\"count\": -1}; bad-parameter; count",
                    "{\"count\": 0.5}; bad-parameter; count",
                    "{\"count\": \"1\"}; bad-parameter; count",
                    "{\"count\": 99999999999999999999}; bad-parameter; count",
                    "{\"timeout\": 10}; bad-parameter; timeout",
                    "{\"timeout\": \"10\"}; bad-duration;",
                    "{\"timeout\": \"1h\"}; bad-duration;",
                    "{\"idss\": []}; unknown-parameter; idss",
                })
        @DisplayName("of a wait is told which item is wrong")
        void waits(String body, String code, String parameter) throws Exception {
            HttpResponse<byte[]> refused = gateway.post("/v1/objects:wait", body);
            assertProblem(refused, 400, code);
            if (parameter != null) {
                assertThat(json(refused).get("parameter").asString()).isEqualTo(parameter);
            }
        }

        @Test
        @DisplayName("of a wait for nothing is answered at once; what is null is left out")
        void waitForNothing() throws Exception {
            for (String body :
                    List.of("", " ", "{}", "{\"ids\": null, \"names\": null, \"count\": null}")) {
                HttpResponse<byte[]> response = gateway.post("/v1/objects:wait", body);
                assertThat(response.statusCode()).as(text(response)).isEqualTo(200);
                assertThat(json(response).get("ready").isEmpty()).isTrue();
            }
        }

        @Test
        @DisplayName("of JSON that is too long or too deep is refused")
        void bombs() throws Exception {
            assertProblem(
                    gateway.post("/v1/objects:wait", "[".repeat(100_000)), 400, "bad-parameter");
            assertProblem(
                    gateway.post(
                            "/v1/objects:wait", "{\"ids\": [" + "\"x\",".repeat(2 * MIB) + "]}"),
                    413,
                    "too-large");
            assertProblem(
                    gateway.post("/v1/mappings/x:renew", " ".repeat(17 << 10)), 413, "too-large");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1\r\n",
                "HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n",
                "HTTP/1.1\r\nHost: localhost\r\nX: y\r\nhost: evil.example\r\n",
                "HTTP/1.0\r\nHost: localhost\r\nHost: localhost\r\n",
                "HTTP/1.1\r\nHost: local host\r\n",
                "HTTP/1.1\r\nHost: localhost/v1\r\n",
                "HTTP/1.1\r\nHost: me@localhost\r\n",
                "HTTP/1.1\r\nHost: localh\u00f6st\r\n",
            })
    @DisplayName("without a host, or with two of them, or with what is none, is 400 for every path")
    void hosts(String rest) throws Exception {
        for (String path : List.of("/v1/nodes", "/actuator/health", "/nowhere")) {
            assertThat(raw("GET %s %sConnection: close\r\n\r\n".formatted(path, rest)))
                    .matches("(?s)HTTP/1.[01] 400 .*\"bad-request\".*");
        }
        gateway.assertNothingLeased();
    }

    @Test
    @DisplayName("without a host is served when it is HTTP/1.0, as the host may be empty")
    void noHost() throws Exception {
        assertThat(raw("GET /v1/nodes HTTP/1.0\r\n\r\n")).contains(" 200 ");
        assertThat(raw("GET /v1/nodes HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 200");
    }

    @Test
    @DisplayName("from a page of others, or by a name that was pointed here, is refused everywhere")
    void pages() throws Exception {
        for (String path : List.of("/v1/nodes", "/actuator/prometheus", "/swagger-ui.html", "/")) {
            assertThat(
                            raw(
                                    "GET %s HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
                                            .formatted(path)))
                    .startsWith("HTTP/1.1 421")
                    .contains("host-not-allowed");
        }
        assertProblem(
                gateway.post(
                        "/v1/objects",
                        "x".repeat(3 * MIB),
                        "Content-Type",
                        "text/plain",
                        "Origin",
                        "https://evil.example"),
                403,
                "foreign-page");
        gateway.assertNothingLeased();
    }

    @Test
    @DisplayName("requests sent in one go are answered in their order")
    void pipelining() throws Exception {
        StringBuilder requests = new StringBuilder();
        int count = 25; // four requests each: more than the 32 at which the server stops reading
        for (int i = 0; i < count; i++) {
            String path = path("pipelined-" + i);
            String body = "number " + i;
            requests.append(
                    "PUT %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s"
                            .formatted(path, body.length(), body));
            requests.append("GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n".formatted(path));
            requests.append("GET %s?colour=1 HTTP/1.1\r\nHost: localhost\r\n\r\n".formatted(path));
            requests.append("DELETE %s HTTP/1.1\r\nHost: localhost\r\n\r\n".formatted(path));
        }
        try (Socket socket = gateway.connect()) {
            write(socket, requests.toString());
            InputStream in = socket.getInputStream();
            for (int i = 0; i < count; i++) {
                assertThat(answer(in, 201).get("key").asString()).isEqualTo("pipelined-" + i);
                assertThat(answer(in, 200).asString()).isEqualTo("number " + i);
                assertThat(answer(in, 400).get("parameter").asString()).isEqualTo("colour");
                assertThat(readHead(in)).startsWith("HTTP/1.1 204");
            }
        }
    }

    /** The body: JSON, or else text. */
    private static JsonNode answer(InputStream in, int status) throws IOException {
        String head = readHead(in);
        assertThat(head).startsWith("HTTP/1.1 " + status);
        String length = head.replaceAll("(?s).*[Cc]ontent-[Ll]ength: (\\d+).*", "$1");
        String body = new String(in.readNBytes(Integer.parseInt(length)), UTF_8);
        return head.contains("json") ? json(body) : json("\"" + body + "\"");
    }
}
