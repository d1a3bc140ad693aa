package io.tokamak.gateway.objects;

import static io.tokamak.gateway.objects.RestGateway.assertProblem;
import static io.tokamak.gateway.objects.RestGateway.header;
import static io.tokamak.gateway.objects.RestGateway.json;
import static io.tokamak.gateway.objects.RestGateway.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.tokamak.gateway.events.LoggedEvent;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/** The table of calls, its OpenAPI document, and what the gateway does are one thing. */
@ExtendWith(SharedGateway.class)
class CallTableIT {
    private final RestGateway gateway;

    CallTableIT(RestGateway gateway) {
        this.gateway = gateway;
    }

    private JsonNode document() throws Exception {
        return json(gateway.get("/v3/api-docs"));
    }

    private static JsonNode operation(JsonNode document, Call call) {
        return document.path("paths")
                .path(call.path())
                .path(call.method().name().toLowerCase(Locale.ROOT));
    }

    private static String path(Call call) {
        String path = call.path();
        for (PathVariable variable : call.variables()) {
            path = path.replace("{" + variable.text() + "}", variable.example());
        }
        return path;
    }

    private static Set<String> names(JsonNode list, String place) {
        return list.valueStream()
                .filter(item -> item.path("in").asString().equals(place))
                .map(item -> item.path("name").asString())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void theDocumentHasTheCallsOfTheTableAndNoOthers() throws Exception {
        JsonNode document = document();
        assertThat(document.path("openapi").asString()).isEqualTo("3.1.0");
        List<String> documented = new ArrayList<>();
        document.path("paths")
                .properties()
                .forEach(
                        path ->
                                path.getValue()
                                        .propertyNames()
                                        .forEach(
                                                method ->
                                                        documented.add(
                                                                method + " " + path.getKey())));
        assertThat(documented)
                .containsExactlyInAnyOrderElementsOf(
                        Stream.of(Call.values())
                                .map(
                                        call ->
                                                call.method().name().toLowerCase(Locale.ROOT)
                                                        + " "
                                                        + call.path())
                                .toList());
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("each call is documented: every parameter, status, code and header, with examples")
    void complete(Call call) throws Exception {
        JsonNode operation = operation(document(), call);
        JsonNode parameters = operation.path("parameters");
        assertThat(names(parameters, "path"))
                .containsExactlyInAnyOrderElementsOf(
                        call.variables().stream().map(PathVariable::text).toList());
        assertThat(names(parameters, "query"))
                .containsExactlyInAnyOrderElementsOf(
                        call.query().stream().map(QueryParameter::text).toList());
        assertThat(names(parameters, "header"))
                .containsExactlyInAnyOrderElementsOf(
                        call.headers().stream().map(RequestHeader::text).toList());
        assertThat(operation.has("requestBody")).isEqualTo(call.body() != Content.NOTHING);
        JsonNode responses = operation.path("responses");
        Set<String> statuses = new TreeSet<>();
        for (Call.Reply reply : call.replies()) {
            JsonNode response = responses.path(Integer.toString(reply.status()));
            statuses.add(Integer.toString(reply.status()));
            for (ResponseHeader header : reply.headers()) {
                JsonNode documented = response.path("headers").path(header.text());
                assertThat(documented.path("description").asString()).isNotEmpty();
                assertThat(documented.has("example")).as(header.text()).isTrue();
            }
            if (reply.content() != Content.NOTHING) {
                JsonNode content = response.path("content").path(reply.content().mediaType());
                assertThat(content.has("schema")).as(call + " " + reply).isTrue();
                assertThat(content.has("example"))
                        .as(call + " " + reply)
                        .isEqualTo(
                                reply.content().mediaType().equals("application/json")
                                        || reply.content() == Content.EVENTS);
            }
        }
        for (Problem problem : call.problems()) {
            String status = Integer.toString(problem.status().value());
            statuses.add(status);
            JsonNode response = responses.path(status);
            assertThat(response.path("description").asString()).contains(problem.code());
            problem.example().headers().keySet().stream()
                    .filter(name -> !name.equals("Connection"))
                    .forEach(name -> assertThat(response.path("headers").has(name)).isTrue());
            JsonNode content = response.path("content").path("application/problem+json");
            if (!call.method().name().equals("HEAD")) {
                assertThat(content.path("schema").toString()).contains(problem.code());
                assertThat(content.path("examples").toString()).contains(problem.code());
            }
        }
        assertThat(responses.propertyNames()).containsExactlyInAnyOrderElementsOf(statuses);
    }

    @Test
    @DisplayName("the document says that a put takes any media type")
    void anyMediaType() throws Exception {
        JsonNode document = document();
        for (Call put : List.of(Call.POST_OBJECT, Call.PUT_NAMED)) {
            assertThat(operation(document, put).path("requestBody").path("content").propertyNames())
                    .contains("*/*");
        }
    }

    @Test
    @DisplayName("the document says that JSON may be an object as well as the description of one")
    void objectsOfJson() throws Exception {
        JsonNode document = document();
        for (Call get : List.of(Call.GET_OBJECT, Call.GET_NAMED)) {
            JsonNode content =
                    operation(document, get).path("responses").path("200").path("content");
            JsonNode either = content.path("application/json").path("schema").path("anyOf");
            assertThat(either.size()).isEqualTo(2);
            assertThat(either.get(0).path("$ref").asString()).endsWith("/Object");
            assertThat(either.get(1).has("type")).isFalse();
        }
    }

    @Test
    @DisplayName("the document says what the events are, and all of their fields")
    void events() throws Exception {
        String says = operation(document(), Call.GET_EVENTS).path("description").asString();
        for (LoggedEvent.Kind kind : LoggedEvent.Kind.values()) {
            assertThat(says).contains(kind.text());
        }
        assertThat(says).contains("id", "namespace", "key", "size", "mediaType", "node", "time");
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "GET_EVENTS") // it never ends
    @DisplayName("each call answers, with nothing but what the table says")
    void answers(Call call) throws Exception {
        String body = call.body() == Content.BYTES ? "tokamak" : "{}";
        HttpResponse<byte[]> response =
                gateway.send(
                        gateway.to(path(call))
                                .method(
                                        call.method().name(),
                                        call.body() == Content.NOTHING
                                                ? BodyPublishers.noBody()
                                                : BodyPublishers.ofString(body)));
        assertThat(response.statusCode()).isNotIn(405, 500);
        if (response.statusCode() == 404 && response.body().length > 0) {
            assertThat(json(response).get("code").asString()).isNotEqualTo("no-such-path");
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("each call refuses by name what it does not know in a query")
    void unknownParameters(Call call) throws Exception {
        HttpResponse<byte[]> response =
                gateway.send(
                        gateway.to(path(call) + "?colour%2Fx=red")
                                .method(call.method().name(), BodyPublishers.noBody()));
        assertThat(response.statusCode()).as(text(response)).isEqualTo(400);
        if (call.method().name().equals("HEAD")) {
            return;
        }
        assertProblem(response, 400, "unknown-parameter");
        assertThat(json(response).get("parameter").asString()).isEqualTo("colour/x");
        for (QueryParameter known : call.query()) {
            assertThat(json(response).get("remedy").asString()).contains(known.text());
        }
    }

    @ParameterizedTest
    @EnumSource
    void aMethodThatIsNotThereSaysWhichAre(Call call) throws Exception {
        HttpResponse<byte[]> response =
                gateway.send(gateway.to(path(call)).method("PATCH", BodyPublishers.noBody()));
        assertProblem(response, 405, "method-not-allowed");
        assertThat(header(response, "Allow").split(", ")).contains(call.method().name());
    }

    @Test
    @DisplayName("the document's examples of answers are shaped as real ones are")
    void examples() throws Exception {
        JsonNode document = document();
        HttpResponse<byte[]> put =
                gateway.put(
                        "/v1/namespaces/table/objects/a?ttl=1h",
                        new byte[] {1},
                        "Tokamak-Attr-a",
                        "b");
        Map<Call, JsonNode> real =
                Map.of(
                        Call.POST_OBJECT,
                        json(gateway.post("/v1/objects", "x")),
                        Call.PUT_NAMED,
                        json(put),
                        Call.LIST_OBJECTS,
                        json(gateway.get("/v1/objects?namespace=table")),
                        Call.LIST_NODES,
                        json(gateway.get("/v1/nodes")),
                        Call.GET_NODE,
                        json(gateway.get("/v1/nodes/local")),
                        Call.WAIT_FOR_OBJECTS,
                        json(gateway.post("/v1/objects:wait", "{}")),
                        Call.DELETE_GROUP,
                        json(gateway.delete("/v1/namespaces/table/groups/none")));
        real.forEach(
                (call, answer) -> {
                    String status =
                            call == Call.POST_OBJECT || call == Call.PUT_NAMED ? "201" : "200";
                    JsonNode example =
                            operation(document, call)
                                    .path("responses")
                                    .path(status)
                                    .path("content")
                                    .path("application/json")
                                    .path("example");
                    assertThat(answer.propertyNames())
                            .as(call.name())
                            .containsAll(
                                    call == Call.LIST_NODES
                                            ? List.of("nodes")
                                            : example.propertyNames());
                });
    }

    @Test
    void aNodeCannotBeDrainedWhileThereIsNoOther() throws Exception {
        HttpResponse<byte[]> refused = gateway.post("/v1/nodes/local:drain", "");
        assertProblem(refused, 409, "cannot-drain");
        assertThat(json(refused).get("node").asString())
                .isEqualTo(json(gateway.get("/v1/nodes/local")).get("id").asString());
        assertProblem(gateway.post("/v1/nodes/nobody:drain", ""), 404, "node-not-found");
    }

    @Test
    void thereIsAPageToTryIt() throws Exception {
        HttpResponse<byte[]> moved = gateway.get("/swagger-ui.html");
        assertThat(moved.statusCode()).isEqualTo(302);
        HttpResponse<byte[]> page = gateway.get(header(moved, "Location"));
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(header(page, "Content-Type")).startsWith("text/html");
        assertThat(json(gateway.get("/v3/api-docs/swagger-config")).path("url").asString())
                .isEqualTo("/v3/api-docs");
    }
}
