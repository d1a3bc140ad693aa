package io.tokamak.gateway.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tokamak.objects.Group;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressTest {
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
        assertThat(Address.of("/v1/namespaces/ns/objects/" + raw))
                .isEqualTo(new Address.ByName(new ObjectName("ns", key)));
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
                .isThrownBy(() -> Address.of("/v1/namespaces/" + raw))
                .satisfies(e -> assertThat(e.code()).isEqualTo("bad-name"));
    }

    @Test
    void aNameThatIsTooLongSaysTheLimit() {
        assertThatExceptionOfType(InvalidRequest.class)
                .isThrownBy(() -> Address.of("/v1/namespaces/ns/objects/" + "x".repeat(1025)))
                .satisfies(e -> assertThat(e.numbers()).containsEntry("limit", 1024));
        assertThatExceptionOfType(InvalidRequest.class)
                .isThrownBy(() -> Address.of("/v1/namespaces/ns/objects/%"))
                .satisfies(e -> assertThat(e.numbers()).containsEntry("limit", 1024));
    }

    @Test
    void ids() {
        Address.ById expected = new Address.ById(ObjectId.parse(ID));
        assertThat(Address.of("/v1/objects/" + ID)).isEqualTo(expected);
        assertThat(Address.of("/v1/objects/0100000007000000050000000000000%31"))
                .isEqualTo(expected);
        for (String bad : new String[] {"x", ID + "0", ID.replace('7', 'g'), "%zz"}) {
            assertThatExceptionOfType(InvalidRequest.class)
                    .isThrownBy(() -> Address.of("/v1/objects/" + bad))
                    .satisfies(e -> assertThat(e.code()).isEqualTo("bad-id"));
        }
    }

    @Test
    void collections() {
        assertThat(Address.of("/v1/objects")).isEqualTo(new Address.Objects());
        assertThat(Address.of("/v1/objects:wait")).isEqualTo(new Address.Waits());
        assertThat(Address.of("/v1/nodes")).isEqualTo(new Address.Nodes());
        assertThat(Address.of("/v1/nodes/local")).isEqualTo(new Address.Node("local"));
        assertThat(Address.of("/v1/namespaces/ns/groups/a%2Fb"))
                .isEqualTo(new Address.OfGroup(new Group("ns", "a/b")));
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
                "/v1/objects/" + ID + "/mappings",
                "/v1/objects/" + ID + "/a/b",
                "/v1/namespaces",
                "/v1/namespaces/",
                "/v1/namespaces/ns",
                "/v1/namespaces/ns/",
                "/v1/namespaces/ns/objects",
                "/v1/namespaces/ns/other/a",
                "/v1/nodes/",
                "/v1/nodes/a/b",
                "/v1/Objects",
            })
    void nowhere(String path) {
        assertThat(Address.of(path)).isEqualTo(new Address.Nowhere());
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "a/b", "ä€😀", "a b%c?d#e", "../..", "\u00a0", "\"<>\\^`{|}"})
    void thePathOfANameLeadsBackToIt(String key) {
        ObjectName name = new ObjectName("ns", key);
        assertThat(Address.of(Address.pathOf(ObjectId.named(name), name)))
                .isEqualTo(new Address.ByName(name));
    }
}
