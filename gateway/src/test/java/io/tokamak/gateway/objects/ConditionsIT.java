package io.tokamak.gateway.objects;

import static io.tokamak.gateway.objects.RestGateway.MIB;
import static io.tokamak.gateway.objects.RestGateway.assertProblem;
import static io.tokamak.gateway.objects.RestGateway.header;
import static io.tokamak.gateway.objects.RestGateway.random;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(SharedGateway.class)
class ConditionsIT {
    private final RestGateway gateway;

    ConditionsIT(RestGateway gateway) {
        this.gateway = gateway;
    }

    private static String path(String key) {
        return "/v1/namespaces/conditions/objects/" + key;
    }

    @Test
    @DisplayName("a condition on a get is kept: If-Match compares strongly")
    void ifMatch() throws Exception {
        byte[] bytes = random(MIB, 17);
        String path = path("if-match");
        String tag = header(gateway.put(path, bytes), "ETag");
        for (String holds : List.of(tag, "*", "\"x\", " + tag)) {
            assertThat(gateway.get(path, "If-Match", holds).body()).isEqualTo(bytes);
        }
        for (String fails : List.of("\"x\"", "W/" + tag)) {
            assertProblem(gateway.get(path, "If-Match", fails), 412, "precondition-failed");
            assertProblem(
                    gateway.get(path, "If-Match", fails, "Range", "bytes=0-0"),
                    412,
                    "precondition-failed");
            assertThat(
                            gateway.send(
                                            gateway.to(path, "If-Match", fails)
                                                    .method("HEAD", BodyPublishers.noBody()))
                                    .statusCode())
                    .isEqualTo(412);
        }
        assertProblem(gateway.get(path("none"), "If-Match", "*"), 404, "object-not-found");
    }

    @Test
    @DisplayName("a put with If-None-Match: * makes an object, or fails")
    void onlyIfNew() throws Exception {
        byte[] bytes = random(MIB, 18);
        String path = path("only-if-new");
        assertThat(gateway.put(path, bytes, "If-None-Match", "*").statusCode()).isEqualTo(201);
        assertThat(gateway.put(path, bytes).statusCode()).isEqualTo(200);
        assertProblem(gateway.put(path, bytes, "If-None-Match", "*"), 412, "precondition-failed");
        assertProblem(
                gateway.put(path, new byte[1], "If-None-Match", "*"), 412, "precondition-failed");
        assertThat(gateway.get(path).body()).isEqualTo(bytes);
    }

    @Test
    @DisplayName("a delete with If-Match leaves alone what has come since the object was read")
    void deleteIfMatch() throws Exception {
        String path = path("delete-if-match");
        String first = header(gateway.put(path, new byte[] {1}), "ETag");
        assertThat(gateway.delete(path).statusCode()).isEqualTo(204);
        String second = header(gateway.put(path, new byte[] {2}), "ETag");
        for (String fails : List.of(first, "W/" + second, "\"x\"", "")) {
            assertProblem(deleteIf(path, fails), 412, "precondition-failed");
        }
        String location = "/v1/objects/" + header(gateway.get(path), "Tokamak-Id");
        assertProblem(deleteIf(location, first), 412, "precondition-failed");
        assertThat(gateway.get(path).body()).containsExactly(2);
        assertThat(deleteIf(location, first + ", " + second).statusCode()).isEqualTo(204);
        assertProblem(deleteIf(path, second), 404, "object-not-found");
        assertProblem(deleteIf(path, "*"), 404, "object-not-found");

        HttpResponse<byte[]> anonymous = gateway.post("/v1/objects", "x");
        assertProblem(deleteIf(header(anonymous, "Location"), second), 412, "precondition-failed");
        assertThat(deleteIf(header(anonymous, "Location"), header(anonymous, "ETag")).statusCode())
                .isEqualTo(204);
        assertThat(gateway.put(path, new byte[] {3}).statusCode()).isEqualTo(201);
        assertThat(deleteIf(path, "*").statusCode()).isEqualTo(204);
    }

    private HttpResponse<byte[]> deleteIf(String path, String condition) throws Exception {
        return gateway.send(gateway.to(path, "If-Match", condition).DELETE());
    }

    @Test
    @DisplayName("a condition that a change cannot keep is refused, and nothing is changed")
    void conditionsNotKept() throws Exception {
        String path = path("conditions");
        String tag = header(gateway.put(path, new byte[] {1}), "ETag");
        assertProblem(
                gateway.send(gateway.to(path, "If-None-Match", tag).DELETE()),
                400,
                "condition-not-supported");
        assertProblem(
                gateway.send(
                        gateway.to("/v1/namespaces/conditions/groups/g", "If-Match", "*").DELETE()),
                400,
                "condition-not-supported");
        for (String value : List.of(tag, "*", "\"x\"")) {
            assertProblem(
                    gateway.put(path("new"), random(3 * MIB, 1), "If-Match", value),
                    400,
                    "condition-not-supported");
        }
        assertProblem(
                gateway.put(path("new"), new byte[1], "If-None-Match", tag),
                400,
                "condition-not-supported");
        assertProblem(
                gateway.post("/v1/objects", "x", "If-None-Match", "*"),
                400,
                "condition-not-supported");
        assertThat(gateway.get(path).statusCode()).isEqualTo(200);
        assertProblem(gateway.get(path("new")), 404, "object-not-found");
    }
}
