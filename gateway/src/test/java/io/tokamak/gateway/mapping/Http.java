package io.tokamak.gateway.mapping;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A gateway as its callers see it. */
final class Http {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI gateway;

    Http(URI gateway) {
        this.gateway = gateway;
    }

    /**
     * @param text of the body
     */
    record Answer(int status, String text) {
        JsonNode json() {
            return JSON.readTree(text);
        }

        String field(String name) {
            return json().path(name).asString();
        }
    }

    Answer call(String method, String path, byte @Nullable [] body) {
        HttpRequest request =
                HttpRequest.newBuilder(gateway.resolve(path))
                        .timeout(PATIENCE)
                        .method(
                                method,
                                body == null
                                        ? BodyPublishers.noBody()
                                        : BodyPublishers.ofByteArray(body))
                        .build();
        try {
            HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
            return new Answer(response.statusCode(), response.body());
        } catch (IOException e) {
            return new Answer(0, e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Answer(0, e.toString());
        }
    }

    Answer get(String path) {
        return call("GET", path, null);
    }

    Answer post(String path, String json) {
        return call("POST", path, json.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    Answer delete(String path) {
        return call("DELETE", path, null);
    }

    /** Puts an anonymous object and returns its path. */
    String put(byte[] bytes) {
        Answer answer = call("POST", "/v1/objects", bytes);
        if (answer.status() != 201) {
            throw new IllegalStateException(answer.toString());
        }
        return "/v1/objects/" + answer.field("id");
    }

    boolean isReady() {
        return get("/actuator/health/readiness").status() == 200;
    }

    /** Bytes that are pinned in the node. */
    long pinned() {
        return get("/v1/nodes/local").json().path("pool").path("pinned").asLong();
    }
}
