package io.tokamak.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.assertj.core.api.InstanceOfAssertFactories;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A name")
class ObjectNameTest {
    @ParameterizedTest
    @ValueSource(strings = {"a", "0", "a.b_c-d", "0-", "z9._-"})
    @DisplayName("has a namespace of a-z 0-9 . _ - that begins with a letter or digit")
    void acceptsNamespace(String namespace) {
        assertThat(new ObjectName(namespace, "k").namespace()).isEqualTo(namespace);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", ".a", "_a", "-a", "A", "aB", "a/b", "a b", "ä", "a\u0000", "a\uD800"})
    @DisplayName("has no other namespace")
    void refusesNamespace(String namespace) {
        assertBadName(() -> new ObjectName(namespace, "k"));
        assertBadName(() -> new Group(namespace, "g"));
    }

    @Test
    @DisplayName("has a namespace of 63 bytes, not of 64, and the error has both numbers")
    void limitsNamespace() {
        assertThat(new ObjectName("n".repeat(63), "k").namespace()).hasSize(63);
        assertLimit(() -> new ObjectName("n".repeat(64), "k"), 63, 64);
    }

    @Test
    @DisplayName("has a key of 1,024 bytes of UTF-8, not of characters")
    void limitsKeyInBytes() {
        assertThat(new ObjectName("n", "k".repeat(1024)).key()).hasSize(1024);
        assertThat(new ObjectName("n", "ü".repeat(512)).key()).hasSize(512);
        assertThat(new ObjectName("n", "😀".repeat(256)).key()).hasSize(512);
        assertLimit(() -> new ObjectName("n", "k".repeat(1025)), 1024, 1025);
        assertLimit(() -> new ObjectName("n", "ü".repeat(512) + "k"), 1024, 1025);
        assertLimit(() -> new ObjectName("n", "€".repeat(342)), 1024, 1026);
        assertLimit(() -> new ObjectName("n", ""), 1024, 0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a/b", "/", "//", ".", "../x", "a b", "A", "e\u0301", "%2F", "\u00A0", "\uFFFD",
                "\uFEFF"
            })
    @DisplayName("keeps its key exactly")
    void keepsKey(String key) {
        assertThat(new ObjectName("n", key).key()).isEqualTo(key);
        assertThat(ObjectName.parse("n/" + key)).isEqualTo(new ObjectName("n", key));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"\u0000", "a\u0001", "\n", "\t", "\u001F", "\u007F", "\u0080", "a\u009Fb"})
    @DisplayName("has no control character in its key")
    void refusesControls(String key) {
        assertBadName(() -> new ObjectName("n", key));
        assertBadName(() -> new Group("n", key));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\uD83D", "\uDE00", "\uDE00\uD83D", "a\uD83Db", "\uD83D\uD83D\uDE00"})
    @DisplayName("has no unpaired surrogate in its key")
    void refusesUnpairedSurrogates(String key) {
        assertBadName(() -> new ObjectName("n", key));
    }

    @Test
    @DisplayName("is read with the first slash between namespace and key")
    void parses() {
        assertThat(ObjectName.parse("a/b/c")).isEqualTo(new ObjectName("a", "b/c"));
        assertThat(ObjectName.parse("a")).isEqualTo(new ObjectName("default", "a"));
        assertThat(ObjectName.parse("a/b/c")).hasToString("a/b/c");
        assertBadName(() -> ObjectName.parse("/a"));
        assertBadName(() -> ObjectName.parse("a/"));
        assertBadName(() -> ObjectName.parse(""));
    }

    @Test
    @DisplayName("is not read from what could be an id, unless the namespace is given")
    void refusesWhatCouldBeAnId() {
        String hex = "0123456789abcdefABCDEF0123456789";
        assertBadName(() -> ObjectName.parse(hex));
        assertThat(ObjectName.parse("default/" + hex).key()).isEqualTo(hex);
        assertThat(ObjectName.parse(hex + "0").key()).hasSize(33);
        assertThat(ObjectName.parse("g" + hex.substring(1)).key()).hasSize(32);
    }

    @Test
    @DisplayName("of a group has 1 to 255 bytes")
    void limitsGroup() {
        assertThat(new Group("n", "g".repeat(255)).name()).hasSize(255);
        assertLimit(() -> new Group("n", "g".repeat(256)), 255, 256);
        assertLimit(() -> new Group("n", ""), 255, 0);
    }

    @Test
    @DisplayName(
            "that is wrong is quoted in the error without its control characters, and shortened")
    void quotesSafely() {
        assertThatThrownBy(() -> new ObjectName("n", "x\n" + "y".repeat(200)))
                .hasMessageStartingWith("bad key \"x\\u000ayyy")
                .hasMessageContaining("\" and 138 more: control character U+000A at index 1; ");
    }

    private static void assertBadName(ThrowingCallable call) {
        assertThatThrownBy(call)
                .asInstanceOf(InstanceOfAssertFactories.type(InvalidRequest.class))
                .returns("bad-name", InvalidRequest::code);
    }

    private static void assertLimit(ThrowingCallable call, int limit, int actual) {
        assertThatThrownBy(call)
                .asInstanceOf(InstanceOfAssertFactories.type(InvalidRequest.class))
                .returns("bad-name", InvalidRequest::code)
                .returns(limit, e -> e.numbers().get("limit"))
                .returns(actual, e -> e.numbers().get("actual"));
    }
}
