package io.tokamak.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Attributes")
class AttributesTest {
    @Test
    @DisplayName("are sorted by name, in lower case, and immutable")
    void areSorted() {
        Attributes attributes = Attributes.builder().add("Zeta", "Z").add("alpha", "").build();
        assertThat(attributes.asMap())
                .containsExactly(Map.entry("alpha", ""), Map.entry("zeta", "Z"));
        assertThat(attributes.get("zeta")).isEqualTo("Z");
        assertThat(attributes).isEqualTo(Attributes.of(Map.of("alpha", "", "ZETA", "Z")));
        assertThatThrownBy(() -> attributes.asMap().put("x", "y"))
                .isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    @DisplayName("do not change with their builder")
    void areIndependentOfTheirBuilder() {
        Attributes.Builder builder = Attributes.builder().add("a", "1");
        Attributes first = builder.build();
        builder.add("b", "2");
        assertThat(first.count()).isEqualTo(1);
        assertThat(first.sizeBytes()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a:b", "ä", "a\n", "a(", "a/b", "a\u0000"})
    @DisplayName("have tokens of HTTP as names")
    void refuseNames(String name) {
        assertBad(() -> Attributes.of(Map.of(name, "v")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"\u0000", "a\nb", "a\tb", "\u007F", "\u0085", "\uD800", " a", "a ", " "})
    @DisplayName("have values that a header can give back")
    void refuseValues(String value) {
        assertBad(() -> Attributes.of(Map.of("a", value)));
    }

    @Test
    @DisplayName("have each name once, whatever its case")
    void refuseDuplicates() {
        assertBad(() -> Attributes.builder().add("a", "1").add("A", "1"));
    }

    @Test
    @DisplayName("are 64, not 65")
    void limitCount() {
        Map<String, String> values = new HashMap<>();
        for (int i = 0; i < 64; i++) {
            values.put("n" + i, "v");
        }
        assertThat(Attributes.of(values).count()).isEqualTo(64);
        values.put("n64", "v");
        assertLimit(() -> Attributes.of(values), 64, 65);
    }

    @Test
    @DisplayName("have 8 KiB in all, names and values counted as UTF-8")
    void limitBytes() {
        assertThat(Attributes.of(Map.of("ab", "v".repeat(8190))).sizeBytes()).isEqualTo(8192);
        assertThat(Attributes.of(Map.of("ab", "ü".repeat(4095))).sizeBytes()).isEqualTo(8192);
        assertLimit(() -> Attributes.of(Map.of("ab", "v".repeat(8191))), 8192, 8193);
        assertLimit(() -> Attributes.of(Map.of("ab", "ü".repeat(4096))), 8192, 8194);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "gzip, br", "gzip ,br", "x-1"})
    @DisplayName("stand beside a content encoding, a list of tokens")
    void acceptContentEncoding(String text) {
        assertThat(ObjectMetadata.PLAIN.withContentEncoding(text).contentEncoding())
                .isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "gzip,", ",gzip", "gzip br", "gzip\n", "ü", " gzip", "gzip "})
    @DisplayName("stand beside no other content encoding")
    void refuseContentEncoding(String text) {
        assertThatThrownBy(() -> ObjectMetadata.PLAIN.withContentEncoding(text))
                .asInstanceOf(InstanceOfAssertFactories.type(InvalidRequest.class))
                .returns("bad-parameter", InvalidRequest::code);
    }

    private static void assertBad(ThrowingCallable call) {
        assertThatThrownBy(call)
                .asInstanceOf(InstanceOfAssertFactories.type(InvalidRequest.class))
                .returns("bad-attribute", InvalidRequest::code);
    }

    private static void assertLimit(ThrowingCallable call, int limit, int actual) {
        assertThatThrownBy(call)
                .asInstanceOf(InstanceOfAssertFactories.type(InvalidRequest.class))
                .returns("bad-attribute", InvalidRequest::code)
                .returns(limit, e -> e.numbers().get("limit"))
                .returns(actual, e -> e.numbers().get("actual"));
    }
}
