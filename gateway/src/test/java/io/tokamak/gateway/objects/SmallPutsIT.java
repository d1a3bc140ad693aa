package io.tokamak.gateway.objects;

import static io.tokamak.gateway.objects.RestGateway.MIB;
import static io.tokamak.gateway.objects.RestGateway.PATIENCE;
import static io.tokamak.gateway.objects.RestGateway.header;
import static io.tokamak.gateway.objects.RestGateway.json;
import static io.tokamak.gateway.objects.RestGateway.readHead;
import static io.tokamak.gateway.objects.RestGateway.write;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.InputStream;
import java.net.Socket;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Small objects without a name, which are put at once, at a gateway that takes one at a time. */
class SmallPutsIT {
    private static final Pattern LENGTH = Pattern.compile("(?i)content-length: (\\d+)");
    private static final String FINE = "/v1/objects";

    private static RestGateway gateway;

    @BeforeAll
    static void start() throws Exception {
        gateway = new RestGateway("--tokamak.uploads-max=1");
    }

    @AfterAll
    static void stop() throws Exception {
        gateway.close();
    }

    /** The answer's head and body. */
    private static String post(Socket socket, String path, String header) throws Exception {
        write(
                socket,
                "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n%s\r\nhello"
                        .formatted(path, header));
        InputStream in = socket.getInputStream();
        String head = readHead(in);
        Matcher length = LENGTH.matcher(head);
        assertThat(length.find()).as(head).isTrue();
        return head + new String(in.readNBytes(Integer.parseInt(length.group(1))), UTF_8);
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/objects, Repr-Digest: sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:, 422,"
                + " digest-mismatch",
        "/v1/objects, Repr-Digest: sha-256=1, 400, bad-digest",
        "/v1/objects?ttl=10, Accept: */*, 400, bad-duration",
        "/v1/objects, Tokamak-Attr-a: ÿ, 400, bad-attribute",
        "/v1/objects, Content-Type: nonsense, 400, bad-media-type",
    })
    @DisplayName("one that is refused frees its place, and the connection serves another")
    void refused(String path, String header, int status, String code) throws Exception {
        try (Socket socket = gateway.connect()) {
            for (int i = 0; i < 3; i++) {
                assertThat(post(socket, path, header + "\r\n"))
                        .startsWith("HTTP/1.1 " + status)
                        .contains("\"code\":\"" + code + "\"");
                assertThat(post(socket, FINE, "")).startsWith("HTTP/1.1 201");
            }
        }
    }

    @Test
    @DisplayName("one too many is refused, and the connection serves another when there is room")
    void oneTooMany() throws Exception {
        try (Socket socket = gateway.connect()) {
            try (Socket upload = gateway.connect()) {
                write(
                        upload,
                        "PUT /v1/namespaces/small/objects/large HTTP/1.1\r\nHost: localhost\r\n"
                                + "Content-Length: 20000000\r\n\r\nx");
                await().atMost(PATIENCE).until(() -> gateway.ledger().leased() > 16 * MIB);
                assertThat(post(socket, FINE, ""))
                        .startsWith("HTTP/1.1 429")
                        .contains("\"code\":\"quota-exceeded\"");
            }
            await().atMost(PATIENCE).until(() -> post(socket, FINE, "").startsWith("HTTP/1.1 201"));
        }
    }

    @Test
    @DisplayName("one that is put in a group is listed with it")
    void group() throws Exception {
        List<String> ids =
                List.of(
                        header(gateway.post("/v1/objects?group=jobs/1", "a"), "Tokamak-Id"),
                        header(gateway.post("/v1/objects?group=jobs/1", "b"), "Tokamak-Id"));
        assertThat(gateway.post("/v1/objects?group=1", "c").statusCode()).isEqualTo(201);
        JsonNode listed = json(gateway.get("/v1/objects?group=jobs/1")).get("objects");
        assertThat(listed.findValuesAsString("id")).containsExactlyInAnyOrderElementsOf(ids);
        assertThat(json(gateway.delete("/v1/namespaces/jobs/groups/1")).get("deleted").asInt())
                .isEqualTo(2);
    }

    @Test
    @DisplayName("a page has 100 objects when nothing is said")
    void pages() throws Exception {
        for (int i = 0; i < 101; i++) {
            assertThat(gateway.put("/v1/namespaces/hundred/objects/" + i, new byte[1]).statusCode())
                    .isEqualTo(201);
        }
        String list = "/v1/objects?namespace=hundred";
        JsonNode page = json(gateway.get(list));
        assertThat(page.get("objects").size()).isEqualTo(100);
        JsonNode last = json(gateway.get(list + "&cursor=" + page.get("cursor").asString()));
        assertThat(last.get("objects").size()).isEqualTo(1);
        assertThat(last.get("cursor").isNull()).isTrue();
    }
}
