package io.tokamak.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A duration")
class DurationsTest {
    @ParameterizedTest
    @CsvSource({
        "500ms, PT0.5S",
        "1ms, PT0.001S",
        "10s, PT10S",
        "5m, PT5M",
        "2h, PT2H",
        "7d, PT168H",
        "PT1H30M, PT1H30M",
        "pt10s, PT10S",
        "P7D, PT168H",
        "PT0.000000001S, PT0.000000001S",
        "007s, PT7S",
        "36500d, PT876000H"
    })
    @DisplayName("is a number with its unit, or ISO 8601")
    void parses(String text, Duration expected) {
        assertThat(Durations.parse(text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "10", "1.5s", "10 s", " 10s", "10s ", "10S", "5M", "1w", "1h30m", "s", "-5s",
                "+5s", "0s", "0ms", "PT0S", "PT-1S", "-PT1S", "P1M", "P1Y", "P1W", "PT", "soon",
                "10us", "1e3s", "\u0661s", "NaN"
            })
    @DisplayName("has its unit, is positive, and nothing else")
    void refuses(String text) {
        assertBadDuration(() -> Durations.parse(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "36501d",
                "876001h",
                "9223372036854775807d",
                "99999999999999999999s",
                "P36501D"
            })
    @DisplayName("is at most 36,500 days")
    void limits(String text) {
        assertBadDuration(() -> Durations.parse(text));
    }

    @Test
    @DisplayName("of any length of text is refused in time")
    void refusesLongText() {
        assertBadDuration(() -> Durations.parse("1".repeat(1_000_000) + "s"));
    }

    @Test
    @DisplayName("may be zero for a wait")
    void allowsZeroForWaits() {
        assertThat(Durations.parseOrZero("0s")).isZero();
        assertThat(Durations.parseOrZero("PT0S")).isZero();
        assertBadDuration(() -> Durations.parseOrZero("0"));
        assertBadDuration(() -> Durations.parseOrZero("PT-1S"));
    }

    @ParameterizedTest
    @CsvSource({
        "PT0.5S, 500ms",
        "PT1.5S, 1500ms",
        "PT90S, 90s",
        "PT1H, 1h",
        "PT24H, 1d",
        "PT25H, 25h",
        "PT0S, 0s",
        "PT0.0005S, PT0.0005S",
        "PT-1S, PT-1S"
    })
    @DisplayName("is written in the largest unit that divides it")
    void formats(Duration duration, String expected) {
        assertThat(Durations.format(duration)).isEqualTo(expected);
        if (duration.isPositive()) {
            assertThat(Durations.parse(expected)).isEqualTo(duration);
        }
    }

    @Test
    @DisplayName("of a lifetime is positive and at most 36,500 days")
    void checksLifetimes() {
        assertThat(new Lifetime.Idle(Duration.ofNanos(1)).kind()).isEqualTo("idle");
        assertBadDuration(() -> Lifetime.idle(Duration.ZERO));
        assertBadDuration(() -> Lifetime.ttl(Duration.ofMillis(-1)));
        assertBadDuration(() -> Lifetime.of(Duration.ofSeconds(1), Duration.ZERO));
        assertBadDuration(() -> Lifetime.idle(Durations.MAX.plusNanos(1)));
        assertBadDuration(() -> Lifetime.ttl(Duration.ofSeconds(Long.MAX_VALUE)));
        assertBadDuration(() -> Lifetime.until(Instant.EPOCH));
        assertBadDuration(() -> Lifetime.until(Instant.MAX));
    }

    @Test
    @DisplayName(
            "that is not given means idle for 24 hours when anonymous, until deleted when named")
    void resolvesDefault() {
        assertThat(Lifetime.of(null, null).resolve(false))
                .isEqualTo(Lifetime.idle(Duration.ofHours(24)));
        assertThat(Lifetime.of(null, null).resolve(true)).isEqualTo(Lifetime.untilDeleted());
        assertThat(Lifetime.session().resolve(true)).isEqualTo(Lifetime.session());
    }

    private static void assertBadDuration(ThrowingCallable call) {
        assertThatThrownBy(call)
                .asInstanceOf(InstanceOfAssertFactories.type(InvalidRequest.class))
                .returns("bad-duration", InvalidRequest::code);
    }
}
