package io.tokamak.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A media type")
class MediaTypeTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "a/b",
                "Text/HTML;Charset=\"utf-8\"",
                "text/plain; charset=utf-8",
                "text/plain ;a=b\t; c=d",
                "application/vnd.apache.arrow.stream",
                "a/b;",
                "a/b;;c=d",
                "a/b;x=\"\"",
                "a/b;x=\"\\\"; y\"",
                "image/svg+xml",
                "a/b;x=\"\u00e4\""
            })
    @DisplayName("is kept as it came")
    void keeps(String text) {
        assertThat(MediaType.of(text).text()).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "text",
                "text/",
                "/plain",
                "a/b/c",
                "a b/c",
                "a/b c",
                " a/b",
                "a/b ",
                "a/b;c",
                "a/b;c=",
                "a/b;c =d",
                "a/b;c= d",
                "a/b;=d",
                "a/b,c/d",
                "a/b;c=\"",
                "a/b;c=\"\\",
                "a/b;c=\"\n\"",
                "a/b;c=\"d\"e",
                "a/b\r\nX: y",
                "ä/b",
                "a/b;c=\"\u0100\"",
                "a/b;c=d\u0000"
            })
    @DisplayName("that leaves the syntax of RFC 9110 is refused")
    void refuses(String text) {
        assertThatThrownBy(() -> MediaType.of(text))
                .asInstanceOf(InstanceOfAssertFactories.type(InvalidRequest.class))
                .returns("bad-media-type", InvalidRequest::code);
    }

    @Test
    @DisplayName("has at most 255 bytes")
    void limits() {
        assertThat(MediaType.of("a/" + "b".repeat(253)).text()).hasSize(255);
        assertThatThrownBy(() -> MediaType.of("a/" + "b".repeat(254)))
                .asInstanceOf(InstanceOfAssertFactories.type(InvalidRequest.class))
                .returns(255, e -> e.numbers().get("limit"))
                .returns(256, e -> e.numbers().get("actual"));
    }

    @Test
    @DisplayName("is application/octet-stream when none is given")
    void defaults() {
        assertThat(MediaType.of(null)).isSameAs(MediaType.OCTET_STREAM);
        assertThat(MediaType.of("application/octet-stream")).isEqualTo(MediaType.OCTET_STREAM);
    }

    @Test
    @DisplayName("has an essence without parameters and case")
    void hasEssence() {
        assertThat(MediaType.of("Text/HTML ; charset=utf-8").essence()).isEqualTo("text/html");
    }
}
