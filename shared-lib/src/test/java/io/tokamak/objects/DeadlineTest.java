package io.tokamak.objects;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A deadline")
class DeadlineTest {
    private final AtomicLong nanos =
            new AtomicLong(Long.MAX_VALUE - 5); // the clock wraps around during the test

    @Test
    @DisplayName("has passed from its last nanosecond on, across the clock's overflow")
    void passes() {
        Deadline deadline = Deadline.after(Duration.ofNanos(10), nanos::get);
        assertThat(deadline.remainingNanos()).isEqualTo(10);
        nanos.addAndGet(9);
        assertThat(deadline.isExpired()).isFalse();
        assertThat(deadline.remaining()).isEqualTo(Duration.ofNanos(1));
        nanos.addAndGet(1);
        assertThat(deadline.isExpired()).isTrue();
        nanos.addAndGet(Long.MAX_VALUE / 2);
        assertThat(deadline.remainingNanos()).isZero();
    }

    @Test
    @DisplayName("of none, of zero and before now does not wait")
    void doesNotWait() {
        assertThat(Deadline.NONE.isExpired()).isTrue();
        assertThat(Deadline.NONE.remainingNanos()).isZero();
        assertThat(Deadline.after(Duration.ZERO).isExpired()).isTrue();
        assertThat(Deadline.after(Duration.ofSeconds(-1)).isExpired()).isTrue();
    }

    @Test
    @DisplayName("of longer than the clock can tell is as long as it can tell")
    void saturates() {
        Deadline deadline = Deadline.after(Duration.ofSeconds(Long.MAX_VALUE), nanos::get);
        assertThat(deadline.remainingNanos()).isEqualTo(Long.MAX_VALUE / 2);
        assertThat(deadline.isExpired()).isFalse();
    }

    @Test
    @DisplayName("gives way to an earlier one")
    void takesTheEarlier() {
        Deadline sooner = Deadline.after(Duration.ofNanos(10), nanos::get);
        Deadline later = Deadline.after(Duration.ofNanos(11), nanos::get);
        assertThat(later.orEarlier(sooner)).isSameAs(sooner);
        assertThat(sooner.orEarlier(later)).isSameAs(sooner);
        assertThat(sooner.orEarlier(Deadline.NONE)).isSameAs(Deadline.NONE);
    }
}
