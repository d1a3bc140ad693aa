package io.tokamak.gateway.objects;

import static io.tokamak.gateway.objects.RestGateway.MIB;
import static io.tokamak.gateway.objects.RestGateway.assertProblem;
import static io.tokamak.gateway.objects.RestGateway.header;
import static io.tokamak.gateway.objects.RestGateway.random;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest.BodyPublishers;
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
    @DisplayName("a condition that a change cannot keep is refused, and nothing is changed")
    void conditionsNotKept() throws Exception {
        String path = path("conditions");
        String tag = header(gateway.put(path, new byte[] {1}), "ETag");
        for (String value : List.of(tag, "*", "\"x\"")) {
            assertProblem(
                    gateway.send(gateway.to(path, "If-Match", value).DELETE()),
                    400,
                    "condition-not-supported");
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
