package io.tokamak.gateway.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tokamak.objects.InvalidRequest;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ParametersTest {
    private static final List<String> KNOWN = List.of("ttl", "limit", "wait", "mediaType");

    private static Parameters of(String query) {
        return Parameters.of(query, KNOWN);
    }

    @Test
    void valuesAreDecodedAndAPlusStays() {
        assertThat(of("mediaType=image%2Fsvg+xml").text("mediaType")).isEqualTo("image/svg+xml");
        assertThat(of("mediaType").text("mediaType")).isEmpty();
        assertThat(of("&&").text("mediaType")).isNull();
        assertThat(Parameters.of(null, KNOWN).text("ttl")).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "tll=1s, unknown-parameter",
        "TTL=1s, unknown-parameter",
        "=1, unknown-parameter",
        "ttl=1s&ttl=1s, bad-parameter",
        "mediaType=%zz, bad-parameter",
        "mediaType=%FF, bad-parameter",
    })
    void refused(String query, String code) {
        assertThatExceptionOfType(InvalidRequest.class)
                .isThrownBy(() -> of(query))
                .satisfies(e -> assertThat(e.code()).isEqualTo(code));
    }

    @Test
    void anUnknownOneIsNamed() {
        assertThatExceptionOfType(InvalidRequest.class)
                .isThrownBy(() -> of("colour=red"))
                .satisfies(e -> assertThat(e.numbers()).containsEntry("parameter", "colour"));
    }

    @Test
    void durations() {
        assertThat(of("ttl=2h").lifetime("ttl")).isEqualTo(Duration.ofHours(2));
        assertThat(of("ttl=PT1M").lifetime("ttl")).isEqualTo(Duration.ofMinutes(1));
        assertThat(of("").lifetime("ttl")).isNull();
        assertThat(of("wait=0s").wait("wait", Duration.ZERO)).isZero();
        assertThat(of("").wait("wait", Duration.ofSeconds(3))).hasSeconds(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"10", "-1s", "0s", "", "1x", "s"})
    void badLifetimes(String text) {
        assertThatExceptionOfType(InvalidRequest.class)
                .isThrownBy(() -> of("ttl=" + text).lifetime("ttl"))
                .satisfies(e -> assertThat(e.code()).isEqualTo("bad-duration"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"10", "6m", "301s", "-1s"})
    void badWaits(String text) {
        assertThatExceptionOfType(InvalidRequest.class)
                .isThrownBy(() -> of("wait=" + text).wait("wait", Duration.ZERO))
                .satisfies(e -> assertThat(e.code()).isEqualTo("bad-duration"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1001", "-1", "x", "", "1.5", "+1", "99999999999", "%D9%A1"})
    void badLimits(String text) {
        assertThatExceptionOfType(InvalidRequest.class)
                .isThrownBy(() -> of("limit=" + text).number("limit", 1, 1000, 100, "bad-limit"))
                .satisfies(e -> assertThat(e.code()).isEqualTo("bad-limit"));
    }

    @Test
    void aByteThatIsNoAsciiIsRefused() {
        assertThatExceptionOfType(InvalidRequest.class)
                .isThrownBy(() -> Parameters.of("limit=\u00c3\u00a9", List.of("limit")))
                .satisfies(e -> assertThat(e.code()).isEqualTo("bad-parameter"));
    }

    @Test
    void limits() {
        assertThat(of("limit=1000").number("limit", 1, 1000, 100, "bad-limit")).isEqualTo(1000);
        assertThat(of("").number("limit", 1, 1000, 100, "bad-limit")).isEqualTo(100);
    }
}
