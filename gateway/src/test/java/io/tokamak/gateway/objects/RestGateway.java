package io.tokamak.gateway.objects;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tokamak.client.NodeInfo;
import io.tokamak.gateway.GatewayApplication;
import io.tokamak.gateway.node.NodeConnection;
import io.tokamak.gateway.node.NodeProcess;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.web.server.reactive.context.ReactiveWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.ReactorResourceFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A gateway with a node of its own, and what it takes to talk to it over real sockets. */
final class RestGateway implements AutoCloseable {
    static final int MIB = 1 << 20;
    static final Duration PATIENCE = Duration.ofSeconds(90);

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final NodeProcess node;
    private final String[] arguments;
    private ConfigurableApplicationContext context;
    private int port;

    /**
     * @param arguments properties beside those that every test needs
     */
    RestGateway(String... arguments) throws Exception {
        this.node = new NodeProcess();
        this.arguments = arguments;
        this.context = start();
    }

    /** Threads that end with their gateway, and not with the first one of this process. */
    @Configuration(proxyBeanMethods = false)
    static class OwnThreads {
        @Bean
        ReactorResourceFactory reactorResourceFactory() {
            ReactorResourceFactory factory = new ReactorResourceFactory();
            factory.setUseGlobalResources(false);
            factory.setShutdownQuietPeriod(Duration.ZERO);
            return factory;
        }
    }

    private ConfigurableApplicationContext start() {
        Map<String, String> all = new LinkedHashMap<>();
        for (String property :
                Stream.concat(
                                Stream.of(
                                        "--server.port=" + port,
                                        "--spring.grpc.server.port=0",
                                        "--tokamak.folder=" + node.folder(),
                                        // Longer than a node that is there takes on a busy machine.
                                        "--tokamak.node-timeout=20s"),
                                Stream.of(arguments))
                        .toList()) {
            all.put(property.substring(0, property.indexOf('=')), property); // the last one counts
        }
        ConfigurableApplicationContext started =
                SpringApplication.run(
                        new Class<?>[] {GatewayApplication.class, OwnThreads.class},
                        all.values().toArray(String[]::new));
        port =
                Objects.requireNonNull(
                                ((ReactiveWebServerApplicationContext) started).getWebServer())
                        .getPort();
        awaitReadiness(200);
        return started;
    }

    /** Ends the gateway and starts another at the same port. */
    void restart() {
        context.close();
        context = start();
    }

    NodeProcess node() {
        return node;
    }

    ConfigurableApplicationContext context() {
        return context;
    }

    NodeInfo.Ledger ledger() {
        return context.getBean(NodeConnection.class).client().node().ledger();
    }

    /** But for the lanes that a client keeps for small objects. */
    void assertNothingLeased() {
        await().atMost(PATIENCE).until(() -> ledger().leased() < MIB / 2);
    }

    void awaitReadiness(int status) {
        await().atMost(PATIENCE)
                .until(() -> get("/actuator/health/readiness").statusCode() == status);
    }

    @Override
    public void close() throws IOException {
        context.close();
        node.close();
    }

    // ---- HTTP

    HttpRequest.Builder to(String path, String... headers) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .timeout(PATIENCE);
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return request;
    }

    /** Every answer is one of those that the table of calls promises. */
    HttpResponse<byte[]> send(HttpRequest.Builder asked) throws Exception {
        HttpRequest request = asked.build();
        HttpResponse<byte[]> response = HTTP.send(request, BodyHandlers.ofByteArray());
        TableContract.check(request, response);
        return response;
    }

    HttpResponse<byte[]> get(String path, String... headers) throws Exception {
        return send(to(path, headers).GET());
    }

    HttpResponse<byte[]> put(String path, byte[] bytes, String... headers) throws Exception {
        return send(to(path, headers).PUT(BodyPublishers.ofByteArray(bytes)));
    }

    HttpResponse<byte[]> post(String path, String body, String... headers) throws Exception {
        return send(to(path, headers).POST(BodyPublishers.ofString(body)));
    }

    HttpResponse<byte[]> delete(String path) throws Exception {
        return send(to(path).DELETE());
    }

    HttpResponse<InputStream> open(String path, String... headers) throws Exception {
        return HTTP.send(to(path, headers).build(), BodyHandlers.ofInputStream());
    }

    int port() {
        return port;
    }

    /** A connection whose reader takes little at once. */
    Socket connect() throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(64 << 10);
        socket.setSoTimeout((int) PATIENCE.toMillis());
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return socket;
    }

    /** Sends text, a byte for each character. */
    static void write(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(ISO_8859_1));
        socket.getOutputStream().flush();
    }

    /** Reads up to the end of a response's head, or of the stream. */
    static String readHead(InputStream in) throws IOException {
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

    static JsonNode json(HttpResponse<byte[]> response) {
        return JSON.readTree(response.body());
    }

    static JsonNode json(String text) {
        return JSON.readTree(text);
    }

    static String text(HttpResponse<byte[]> response) {
        return new String(response.body(), UTF_8);
    }

    static String header(HttpResponse<?> response, String name) {
        return response.headers().firstValue(name).orElse("");
    }

    static void assertProblem(HttpResponse<byte[]> response, int status, String code) {
        assertThat(response.statusCode()).as(text(response)).isEqualTo(status);
        assertThat(header(response, "Content-Type")).isEqualTo("application/problem+json");
        JsonNode problem = json(response);
        assertThat(problem.get("code").asString()).as(text(response)).isEqualTo(code);
        assertThat(problem.get("status").asInt()).isEqualTo(status);
        for (String field : List.of("type", "title", "detail", "remedy")) {
            assertThat(problem.get(field).asString()).as(field).isNotEmpty();
        }
    }

    static byte[] random(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}
