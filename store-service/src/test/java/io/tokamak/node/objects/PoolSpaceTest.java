package io.tokamak.node.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tokamak.layout.PoolFile;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The space of the pool")
class PoolSpaceTest {
    private static final int BLOCK = PoolFile.BLOCK_BYTES;
    private static final int GRANULE = PoolFile.GRANULE_BYTES;
    private static final int PER_BLOCK = BLOCK / GRANULE;

    /** A bit for each granule, and the plainest search. */
    private static final class Model {
        final BitSet used = new BitSet();
        private final BitSet held = new BitSet();
        final int blocks;

        Model(int blocks) {
            this.blocks = blocks;
            used.set(0, PER_BLOCK);
        }

        long freeBytes() {
            return ((long) blocks * PER_BLOCK - used.cardinality()) * GRANULE;
        }

        boolean isFree(int block) {
            int next = used.nextSetBit(block * PER_BLOCK);
            return next < 0 || next >= (block + 1) * PER_BLOCK;
        }

        private boolean areFree(int from, int count) {
            for (int block = from; block < from + count; block++) {
                if (!isFree(block)) {
                    return false;
                }
            }
            return true;
        }

        long find(int count, boolean fromTop) {
            for (int i = 0; i + count <= blocks; i++) {
                int at = fromTop ? blocks - count - i : i;
                if (areFree(at, count)) {
                    return (long) at * BLOCK;
                }
            }
            return PoolSpace.NONE;
        }

        long largestRun() {
            int best = 0;
            int run = 0;
            for (int block = 0; block < blocks; block++) {
                run = isFree(block) ? run + 1 : 0;
                best = Math.max(best, run);
            }
            return (long) best * BLOCK;
        }

        void hold(int from, int to) {
            BitSet taken = granules(from, to);
            taken.andNot(used);
            used.or(taken);
            held.or(taken);
        }

        void letGo(int from, int to) {
            BitSet over = granules(from, to);
            over.and(held);
            used.andNot(over);
            held.andNot(over);
        }

        private static BitSet granules(int fromBlock, int toBlock) {
            BitSet granules = new BitSet();
            granules.set(fromBlock * PER_BLOCK, toBlock * PER_BLOCK);
            return granules;
        }

        void set(long start, long end, boolean value) {
            used.set((int) (start / GRANULE), (int) (end / GRANULE), value);
        }
    }

    private record Range(long start, long end) {}

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    @DisplayName(
            "I28: what is lent, given back in pieces, held and let go agrees with a bit for each"
                    + " granule")
    void agreesWithAModel(long seed) {
        Random random = new Random(seed);
        int blocks = 700 + random.nextInt(1500); // several chunks, the last one not whole
        PoolSpace space = new PoolSpace((long) blocks * BLOCK);
        Model model = new Model(blocks);
        List<Range> held = new ArrayList<>();
        for (int step = 0; step < 3_000; step++) {
            int what = random.nextInt(100);
            if (what < 45) {
                boolean fromTop = random.nextBoolean();
                int count = 1 + random.nextInt(random.nextInt(10) == 0 ? 900 : 8);
                long expected = model.find(count, fromTop);
                long start = space.allocate((long) count * BLOCK, fromTop);
                assertThat(start).as("step %d, %d blocks", step, count).isEqualTo(expected);
                if (start != PoolSpace.NONE) {
                    model.set(start, start + (long) count * BLOCK, true);
                    held.add(new Range(start, start + (long) count * BLOCK));
                }
            } else if (what < 50) {
                allocateExtensible(random, space, model, held);
            } else if (what < 55 && !held.isEmpty()) {
                extend(random, space, model, held);
            } else if (what < 98 && !held.isEmpty()) {
                giveBackAPiece(random, space, model, held);
            } else if (what >= 98) {
                int block = 1 + random.nextInt(blocks - 1);
                if (random.nextBoolean()) {
                    hold(space, model, block, random.nextInt(PER_BLOCK));
                } else {
                    letGo(space, model, block, 1 + random.nextInt(blocks - block));
                }
            }
            assertThat(space.freeBytes()).as("step %d", step).isEqualTo(model.freeBytes());
            if (step % 16 == 0) {
                assertThat(space.largestRunBytes()).isEqualTo(model.largestRun());
            }
        }
    }

    private static void allocateExtensible(
            Random random, PoolSpace space, Model model, List<Range> held) {
        int count = 1 + random.nextInt(random.nextInt(4) == 0 ? 900 : 8);
        long longest = model.largestRun();
        long start = space.allocateExtensible((long) count * BLOCK);
        if ((long) count * BLOCK > longest) {
            assertThat(start).isEqualTo(PoolSpace.NONE);
        } else {
            int from = (int) (start / BLOCK);
            long lowestOfLongest = model.find((int) (longest / BLOCK), false);
            assertThat(model.areFree(from, count)).isTrue();
            assertThat(start - lowestOfLongest).isBetween(0L, longest / 16);
            model.set(start, start + (long) count * BLOCK, true);
            held.add(new Range(start, start + (long) count * BLOCK));
        }
    }

    private static void extend(Random random, PoolSpace space, Model model, List<Range> held) {
        Range range = held.get(random.nextInt(held.size()));
        if (range.end() % BLOCK != 0) {
            return;
        }
        int asked = 1 + random.nextInt(64);
        int first = (int) (range.end() / BLOCK);
        int expected = 0;
        while (expected < asked
                && first + expected < model.blocks
                && model.isFree(first + expected)) {
            expected++;
        }
        long more = space.extend(range.end(), (long) asked * BLOCK);
        assertThat(more).isEqualTo((long) expected * BLOCK);
        if (more > 0) {
            model.set(range.end(), range.end() + more, true);
            held.remove(range);
            held.add(new Range(range.start(), range.end() + more));
        }
    }

    private static void giveBackAPiece(
            Random random, PoolSpace space, Model model, List<Range> held) {
        Range range = held.remove(random.nextInt(held.size()));
        long granules = (range.end() - range.start()) / GRANULE;
        long a = range.start() + random.nextLong(granules + 1) * GRANULE;
        long b =
                random.nextInt(3) == 0
                        ? range.end()
                        : a + random.nextLong((range.end() - a) / GRANULE + 1) * GRANULE;
        space.release(a, b);
        model.set(a, b, false);
        if (range.start() < a) {
            held.add(new Range(range.start(), a));
        }
        if (b < range.end()) {
            held.add(new Range(b, range.end()));
        }
    }

    /** From somewhere in a block on, to the end of the free run behind it. */
    private static void hold(PoolSpace space, Model model, int block, int granule) {
        int end = block + 1;
        while (end < model.blocks && model.isFree(end)) {
            end++;
        }
        long start = (long) block * BLOCK + (long) granule * GRANULE;
        assertThat(space.freeRunEnd(start)).isEqualTo((long) end * BLOCK);
        long free = model.freeBytes();
        model.hold(block, end);
        assertThat(space.hold(start, (long) end * BLOCK)).isEqualTo(free - model.freeBytes());
    }

    private static void letGo(PoolSpace space, Model model, int block, int count) {
        long free = model.freeBytes();
        model.letGo(block, block + count);
        assertThat(space.letGo((long) block * BLOCK, (long) (block + count) * BLOCK))
                .isEqualTo(model.freeBytes() - free);
    }

    @Test
    @DisplayName("I28: a range given back twice, or claimed twice, is refused")
    void neverTwice() {
        PoolSpace space = new PoolSpace(64 * BLOCK);
        long start = space.allocate(2 * BLOCK, false);
        space.release(start, start + 2 * BLOCK);
        assertThatThrownBy(() -> space.release(start, start + GRANULE))
                .isInstanceOf(IllegalStateException.class);
        space.claim(start + GRANULE, start + BLOCK + GRANULE);
        assertThatThrownBy(() -> space.claim(start, start + BLOCK))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    @DisplayName("I28: the first block is never lent")
    void headIsKept() {
        PoolSpace space = new PoolSpace(64 * BLOCK);
        assertThat(space.capacityBytes()).isEqualTo(63 * BLOCK);
        assertThat(space.allocate(64 * BLOCK, false)).isEqualTo(PoolSpace.NONE);
        assertThat(space.allocate(63 * BLOCK, true)).isEqualTo(BLOCK);
        assertThat(space.freeBytes()).isZero();
        assertThat(space.allocate(BLOCK, false)).isEqualTo(PoolSpace.NONE);
    }
}
