package io.tokamak.layout;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PoolFileTest {
    private static final int HEADERS = 1_000;

    /**
     * Of the second word of an id: the top bits of its last byte, which the check does not cover.
     */
    private static final int UNCHECKED_BIT_MIN = 61;

    private final RandomGenerator random =
            RandomGeneratorFactory.of("L64X128MixRandom").create(20261127);

    @Test
    @DisplayName("I23: one flipped bit of a header changes its check, save three bits of the id")
    void oneFlippedBitChangesTheCheck() {
        for (int i = 0; i < HEADERS; i++) {
            long first = random.nextLong();
            long second = random.nextLong();
            long length = random.nextLong(1L << 48);
            int metadata = random.nextInt(PoolFile.METADATA_BYTES_MAX);
            int check = PoolFile.check(first, second, length, metadata);
            for (int bit = 0; bit < Long.SIZE; bit++) {
                long flip = 1L << bit;
                assertThat(PoolFile.check(first ^ flip, second, length, metadata))
                        .as("bit %d of the id's first word", bit)
                        .isNotEqualTo(check);
                assertThat(PoolFile.check(first, second, length ^ flip, metadata))
                        .as("bit %d of the length", bit)
                        .isNotEqualTo(check);
                assertThat(PoolFile.check(first, second ^ flip, length, metadata) == check)
                        .as("bit %d of the id's second word goes unnoticed", bit)
                        .isEqualTo(bit >= UNCHECKED_BIT_MIN);
            }
            for (int bit = 0; bit < Integer.SIZE; bit++) {
                assertThat(PoolFile.check(first, second, length, metadata ^ 1 << bit))
                        .as("bit %d of the metadata's length", bit)
                        .isNotEqualTo(check);
            }
        }
    }
}
