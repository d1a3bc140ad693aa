package io.tokamak.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("An incarnation")
class IncarnationTest {
    private static final long NOW = 1_700_000_000_123L;

    @Test
    @DisplayName("says when the object was created")
    void tellsTime() {
        long incarnation = Incarnation.of(NOW, Incarnation.SEQUENCE_MAX);
        assertThat(Incarnation.createdAt(incarnation)).isEqualTo(Instant.ofEpochMilli(NOW));
        assertThat(Incarnation.sequence(incarnation)).isEqualTo(Incarnation.SEQUENCE_MAX);
    }

    @Test
    @DisplayName("grows within a millisecond, with the clock, and when the clock goes back")
    void grows() {
        long first = Incarnation.next(0, NOW);
        assertThat(first).isEqualTo(Incarnation.of(NOW, 0));
        assertThat(Incarnation.next(first, NOW)).isEqualTo(Incarnation.of(NOW, 1));
        assertThat(Incarnation.next(first, NOW + 1)).isEqualTo(Incarnation.of(NOW + 1, 0));
        assertThat(Incarnation.next(first, NOW - 1000)).isEqualTo(first + 1);
    }

    @Test
    @DisplayName("borrows from the next millisecond when its sequence is used up")
    void borrows() {
        long last = Incarnation.of(NOW, Incarnation.SEQUENCE_MAX);
        assertThat(Incarnation.next(last, NOW)).isEqualTo(Incarnation.of(NOW + 1, 0));
    }

    @Test
    @DisplayName("is never negative")
    void hasLimits() {
        assertThat(Incarnation.of(Incarnation.MILLIS_MAX, Incarnation.SEQUENCE_MAX))
                .isEqualTo(Long.MAX_VALUE);
        assertThatThrownBy(() -> Incarnation.of(Incarnation.MILLIS_MAX + 1, 0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Incarnation.of(0, Incarnation.SEQUENCE_MAX + 1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Incarnation.of(-1, 0))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
