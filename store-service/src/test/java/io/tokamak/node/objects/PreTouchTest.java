package io.tokamak.node.objects;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayName("The pages of a pool")
@Timeout(120)
class PreTouchTest {
    /** So many that to touch them takes much longer than to ask. */
    private static final long POOL_BYTES = 1L << 30;

    @Test
    @DisplayName(
            "are touched behind the start, from the beginning again after one that was cut short,"
                    + " and once")
    void touched() {
        try (StoreFixture fixture = StoreFixture.open(POOL_BYTES)) {
            assertThat(fixture.status().touchedBytes()).as("at once").isLessThan(POOL_BYTES);
            Eventually.holds("some", () -> fixture.status().touchedBytes() > 0);
            fixture.restart();
            assertThat(fixture.status().touchedBytes())
                    .as("of those that are touched by now it touches faster")
                    .isLessThan(POOL_BYTES);
            Eventually.holds("all", () -> fixture.status().touchedBytes() == POOL_BYTES);
            fixture.restart();
            assertThat(fixture.status().touchedBytes()).as("known").isEqualTo(POOL_BYTES);
        }
    }
}
