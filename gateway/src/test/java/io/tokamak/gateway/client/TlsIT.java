package io.tokamak.gateway.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tokamak.client.ConnectOptions;
import io.tokamak.client.ObjectView;
import io.tokamak.client.PutOptions;
import io.tokamak.client.Stored;
import io.tokamak.client.TokamakClient;
import io.tokamak.gateway.node.NodeProcess;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.NodeDown;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

/** A gateway with a certificate, for both its ports, and callers who trust it or do not. */
@Timeout(300)
@ResourceLock(Resources.SYSTEM_PROPERTIES)
class TlsIT {
    private static final String PASSWORD = "only for this test";
    private static final String TRUST = "javax.net.ssl.trustStore";
    private static final int MIB = 1 << 20;

    @TempDir static Path files;
    private static Path store;
    private static NodeProcess node;
    private static RunningGateway gateway;

    @BeforeAll
    static void start() throws Exception {
        store = files.resolve("gateway.p12");
        certify(store);
        node = new NodeProcess();
        gateway =
                new RunningGateway(
                        node.folder(),
                        0,
                        "--spring.ssl.bundle.jks.gateway.keystore.location=file:" + store,
                        "--spring.ssl.bundle.jks.gateway.keystore.password=" + PASSWORD,
                        "--spring.ssl.bundle.jks.gateway.keystore.type=PKCS12",
                        "--spring.grpc.server.ssl.bundle=gateway",
                        "--server.ssl.bundle=gateway");
    }

    @AfterAll
    static void stop() throws IOException {
        gateway.close();
        node.close();
    }

    @AfterEach
    void trustAsBefore() {
        System.clearProperty(TRUST);
        System.clearProperty(TRUST + "Password");
        System.clearProperty(TRUST + "Type");
    }

    /** A key and its certificate for this host, signed by itself. */
    private static void certify(Path into) throws Exception {
        Process keytool =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "keytool")
                                        .toString(),
                                "-genkeypair",
                                "-alias",
                                "gateway",
                                "-keyalg",
                                "EC",
                                "-dname",
                                "CN=localhost",
                                "-ext",
                                "san=dns:localhost,ip:127.0.0.1",
                                "-validity",
                                "2",
                                "-storetype",
                                "PKCS12",
                                "-keystore",
                                into.toString(),
                                "-storepass",
                                PASSWORD)
                        .inheritIO()
                        .start();
        assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(keytool.exitValue()).isZero();
    }

    /** What a JVM is given on its command line. */
    private static void trustGateway() throws Exception {
        Path trusted = files.resolve("trusted.p12");
        KeyStore certificates = KeyStore.getInstance("PKCS12");
        certificates.load(null, null);
        certificates.setCertificateEntry("gateway", loaded().getCertificate("gateway"));
        try (var out = Files.newOutputStream(trusted)) {
            certificates.store(out, PASSWORD.toCharArray());
        }
        System.setProperty(TRUST, trusted.toString());
        System.setProperty(TRUST + "Password", PASSWORD);
        System.setProperty(TRUST + "Type", "PKCS12");
    }

    private static KeyStore loaded() throws Exception {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (var in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        return keys;
    }

    private static ConnectOptions options(String scheme, Duration timeout) {
        return ConnectOptions.defaults()
                .withUrl(scheme + "://localhost:" + gateway.port())
                .withZeroCopy(false)
                .withTimeout(timeout);
    }

    @Test
    @DisplayName("a client whose JVM trusts the certificate puts and gets over TLS")
    void trusted() throws Exception {
        trustGateway();
        byte[] bytes = new byte[3 * MIB];
        new Random(5).nextBytes(bytes);
        for (String scheme : List.of("tokamaks", "https")) {
            try (TokamakClient client =
                    TokamakClient.connect(options(scheme, Duration.ofSeconds(30)))) {
                Stored stored = client.put(bytes, PutOptions.DEFAULTS);
                try (ObjectView view = client.get(stored.id(), Deadline.NONE)) {
                    assertThat(view.segment().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(bytes);
                }
            }
        }
    }

    @Test
    @DisplayName("a client that does not trust the certificate sends nothing and says why")
    void untrusted() {
        assertThatExceptionOfType(NodeDown.class)
                .isThrownBy(
                        () ->
                                TokamakClient.connect(options("tokamaks", Duration.ofSeconds(3)))
                                        .close())
                .withMessageContaining("certification path");
    }

    @Test
    @DisplayName("a client in plain text is not served")
    void plainText() {
        assertThatExceptionOfType(NodeDown.class)
                .isThrownBy(
                        () ->
                                TokamakClient.connect(options("tokamak", Duration.ofSeconds(3)))
                                        .close());
    }

    @Test
    @DisplayName("REST is served over TLS, by HTTP/2 as by HTTP/1.1")
    void rest() throws Exception {
        TrustManagerFactory trust =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        KeyStore certificates = KeyStore.getInstance("PKCS12");
        certificates.load(null, null);
        certificates.setCertificateEntry("gateway", loaded().getCertificate("gateway"));
        trust.init(certificates);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(null, trust.getTrustManagers(), null);
        for (HttpClient.Version version : HttpClient.Version.values()) {
            try (HttpClient http =
                    HttpClient.newBuilder().sslContext(tls).version(version).build()) {
                HttpResponse<byte[]> put =
                        http.send(
                                HttpRequest.newBuilder(
                                                URI.create(
                                                        "https://localhost:%d/v1/objects"
                                                                .formatted(gateway.restPort())))
                                        .POST(
                                                HttpRequest.BodyPublishers.ofByteArray(
                                                        new byte[100_000]))
                                        .build(),
                                BodyHandlers.ofByteArray());
                assertThat(put.statusCode()).isEqualTo(201);
                assertThat(put.version()).isEqualTo(version);
                HttpResponse<byte[]> got =
                        http.send(
                                HttpRequest.newBuilder(
                                                put.uri()
                                                        .resolve(
                                                                put.headers()
                                                                        .firstValue("Location")
                                                                        .orElseThrow()))
                                        .build(),
                                BodyHandlers.ofByteArray());
                assertThat(got.statusCode()).isEqualTo(200);
                assertThat(got.body()).isEqualTo(new byte[100_000]);
                assertThat(got.version()).isEqualTo(version);
            }
        }
    }
}
