package io.tokamak.gateway.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.springframework.http.HttpMethod.DELETE;
import static org.springframework.http.HttpMethod.GET;

import io.tokamak.gateway.node.Target;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpMethod;

class CallTest {
    private static final String ID = "01000000070000000500000000000001";

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {
                "a, a",
                "a/b/c, a/b/c",
                "a%2Fb, a/b",
                "a%2fb, a/b",
                "a/../b, a/../b",
                "./a/., ./a/.",
                "a//b/, a//b/",
                "/a, /a",
                "%C3%A4, ä",
                "%41, A",
                "a+b, a+b",
                "a%20b, a b",
                "a%25b, a%b",
                "objects/x, objects/x",
                "a:b, a:b",
            })
    @DisplayName("a key is the rest of the raw path, decoded once and otherwise kept")
    void keys(String raw, String key) {
        assertThat(find(GET, "/v1/namespaces/ns/objects/" + raw).name())
                .isEqualTo(new ObjectName("ns", key));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ns/objects/",
                "ns/objects/%",
                "ns/objects/a%4",
                "ns/objects/%zz",
                "ns/objects/%FF",
                "ns/objects/%C3",
                "ns/objects/%00",
                "ns/objects/a%0Ab",
                "ns/objects/%C2%85",
                "NS/objects/a",
                "-ns/objects/a",
                "/objects/a",
                "n%2Fs/objects/a",
                "ns/groups/",
                "ns/groups/%00",
            })
    void badNames(String raw) {
        assertThatExceptionOfType(InvalidRequest.class)
                .isThrownBy(
                        () -> {
                            PathValues path = find(DELETE, "/v1/namespaces/" + raw);
                            var _ = raw.contains("/groups/") ? path.group() : path.target();
                        })
                .satisfies(e -> assertThat(e.code()).isEqualTo("bad-name"));
    }

    @Test
    void aNameThatIsTooLongSaysTheLimit() {
        assertThatExceptionOfType(InvalidRequest.class)
                .isThrownBy(() -> find(GET, "/v1/namespaces/ns/objects/" + "x".repeat(1025)).name())
                .satisfies(e -> assertThat(e.numbers()).containsEntry("limit", 1024));
        assertThatExceptionOfType(InvalidRequest.class)
                .isThrownBy(() -> find(GET, "/v1/namespaces/ns/objects/%").name())
                .satisfies(e -> assertThat(e.numbers()).containsEntry("limit", 1024));
    }

    @Test
    void ids() {
        Target expected = new Target(ObjectId.parse(ID), null);
        for (String good : new String[] {ID, "0100000007000000050000000000000%31"}) {
            assertThat(find(GET, "/v1/objects/" + good).target()).isEqualTo(expected);
        }
        assertThat(find(GET, "/v1/objects/0A" + "0".repeat(30)).target().id())
                .hasToString("0a" + "0".repeat(30));
        for (String bad : new String[] {"x", ID + "0", ID.replace('7', 'g'), "%zz"}) {
            assertThatExceptionOfType(InvalidRequest.class)
                    .isThrownBy(() -> find(GET, "/v1/objects/" + bad).target())
                    .satisfies(e -> assertThat(e.code()).isEqualTo("bad-id"));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /v1/objects, LIST_OBJECTS",
        "POST, /v1/objects, POST_OBJECT",
        "POST, /v1/objects:wait, WAIT_FOR_OBJECTS",
        "POST, /v1/objects/x/mappings, MAP_OBJECT",
        "HEAD, /v1/objects/x, HEAD_OBJECT",
        "GET, /v1/namespaces/ns/objects/a/mappings, GET_NAMED",
        "POST, /v1/namespaces/ns/objects/a/mappings, MAP_NAMED",
        "POST, /v1/namespaces/ns/objects/a/b/mappings, MAP_NAMED",
        "PUT, /v1/namespaces/ns/objects/a/mappings, PUT_NAMED",
        "GET, /v1/namespaces/ns/objects/mappings, GET_NAMED",
        "DELETE, /v1/namespaces/ns/groups/a/b, DELETE_GROUP",
        "POST, /v1/mappings/x:renew, RENEW_MAPPING",
        "DELETE, /v1/mappings/x, RELEASE_MAPPING",
        "GET, /v1/nodes, LIST_NODES",
        "GET, /v1/nodes/local, GET_NODE",
        "POST, /v1/nodes/local:drain, DRAIN_NODE",
        "GET, /v1/events, GET_EVENTS",
    })
    void paths(HttpMethod method, String path, Call call) {
        assertThat(Call.find(method, path).call()).isEqualTo(call);
    }

    @Test
    @DisplayName("every template leads to its own call, whatever stands in its variables")
    void templates() {
        for (Call call : Call.values()) {
            String path = call.path();
            for (PathVariable variable : call.variables()) {
                path = path.replace("{" + variable.text() + "}", variable.example());
            }
            Call.Found found = Call.find(call.method(), path);
            assertThat(found.call()).isEqualTo(call);
            assertThat(found.path().variables()).isEqualTo(call.variables());
            assertThat(found.path().raw())
                    .isEqualTo(call.variables().stream().map(PathVariable::example).toList());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "PATCH; /v1/objects; POST, GET",
                "GET; /v1/objects:wait; POST",
                "POST; /v1/objects/x; GET, HEAD, DELETE",
                "GET; /v1/objects/x/mappings; POST",
                "POST; /v1/namespaces/ns/objects/a; PUT, GET, HEAD, DELETE",
                "PATCH; /v1/namespaces/ns/objects/a/mappings; POST, PUT, GET, HEAD, DELETE",
                "GET; /v1/namespaces/ns/groups/a; DELETE",
                "GET; /v1/mappings/x; DELETE",
                "GET; /v1/mappings/x:renew; POST",
                "GET; /v1/nodes/x:drain; POST",
                "DELETE; /v1/events; GET",
            })
    @DisplayName("405 allows exactly what the table has there")
    void allow(HttpMethod method, String path, String allow) {
        assertThatExceptionOfType(Refusal.class)
                .isThrownBy(() -> Call.find(method, path))
                .satisfies(
                        e -> {
                            assertThat(e.code()).isEqualTo("method-not-allowed");
                            assertThat(e.headers()).containsEntry("Allow", allow);
                        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "",
                "/v1",
                "/v1/",
                "/v2/objects",
                "/v1/objects/",
                "/v1/objects/" + ID + "/",
                "/v1/objects/" + ID + "/a/b",
                "/v1/namespaces",
                "/v1/namespaces/",
                "/v1/namespaces/ns",
                "/v1/namespaces/ns/",
                "/v1/namespaces/ns/objects",
                "/v1/namespaces/ns/other/a",
                "/v1/nodes/",
                "/v1/nodes/a/b",
                "/v1/nodes/a:b",
                "/v1/mappings/",
                "/v1/mappings/a:b",
                "/v1/objects:Wait",
                "/v1/Objects",
            })
    void nowhere(String path) {
        assertThatExceptionOfType(Refusal.class)
                .isThrownBy(() -> Call.find(GET, path))
                .satisfies(e -> assertThat(e.code()).isEqualTo("no-such-path"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "a/b", "ä€😀", "a b%c?d#e", "../..", "\u00a0", "\"<>\\^`{|}"})
    void thePathOfANameLeadsBackToIt(String key) {
        ObjectName name = new ObjectName("ns", key);
        assertThat(find(GET, Paths.of(ObjectId.named(name), name)).name()).isEqualTo(name);
    }

    private static PathValues find(HttpMethod method, String path) {
        return Call.find(method, path).path();
    }
}
