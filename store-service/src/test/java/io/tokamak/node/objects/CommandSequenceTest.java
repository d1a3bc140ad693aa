package io.tokamak.node.objects;

import static org.assertj.core.api.Assertions.assertThat;

import io.tokamak.checker.Severity;
import io.tokamak.checker.StoreChecker;
import io.tokamak.checker.StoreReport;
import io.tokamak.objects.ObjectId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Whatever clients ask for, in whatever order")
@Timeout(120)
class CommandSequenceTest {
    private static final int STEPS = 1_500;
    private static final int STEPS_BETWEEN_LOOKS = 100;
    private static final int STEPS_WITH_DEATHS = 500;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    @DisplayName("I17, I28: the node lives, and every byte is accounted for")
    void accountedFor(long seed) {
        try (StoreFixture fixture = StoreFixture.open();
                CommandSequence sequence = new CommandSequence(fixture, seed, false)) {
            for (int step = 1; step <= STEPS; step++) {
                sequence.step();
                if (step % STEPS_BETWEEN_LOOKS == 0) {
                    fixture.sound();
                }
            }
            sequence.end();
        }
    }

    /** A node that came by a step, and what had been promised then. */
    private record Death(
            String step, StoreFixture.Remains remains, CommandSequence.Promised promised) {}

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2})
    @DisplayName(
            "I29, I21, I28: a node that dies at any of its steps leaves all that was promised, and"
                    + " nothing that was deleted")
    void deaths(long seed) {
        Queue<Death> deaths = new ConcurrentLinkedQueue<>();
        Map<String, Integer> times = new ConcurrentHashMap<>();
        try (StoreFixture fixture = StoreFixture.open();
                CommandSequence sequence = new CommandSequence(fixture, seed, true)) {
            fixture.settings =
                    fixture.settings.withSteps(
                            step -> {
                                if (isDue(times.merge(step, 1, Integer::sum))) {
                                    synchronized (sequence.writing()) {
                                        deaths.add(
                                                new Death(
                                                        step,
                                                        fixture.remains(),
                                                        sequence.promised()));
                                    }
                                }
                            });
            fixture.restart();
            sequence.fill(700);
            for (int step = 1; step <= STEPS_WITH_DEATHS; step++) {
                sequence.step();
                keepPromises(deaths);
            }
            sequence.end();
            keepPromises(deaths);
        } finally {
            deaths.forEach(death -> death.remains().delete());
        }
        assertThat(times)
                .containsKeys("drain.published", "length.stored", "split.copied", "bury.drained");
    }

    /** The first, fourth, sixteenth time and so on. */
    private static boolean isDue(int times) {
        return Integer.bitCount(times) == 1 && Integer.numberOfTrailingZeros(times) % 2 == 0;
    }

    private static void keepPromises(Queue<Death> deaths) {
        for (Death death = deaths.poll(); death != null; death = deaths.poll()) {
            keepsPromises(death);
        }
    }

    private static void keepsPromises(Death death) {
        try (StoreFixture fixture = death.remains().opened()) {
            List<ObjectId> asked = new ArrayList<>(death.promised().present());
            asked.addAll(death.promised().gone());
            Set<ObjectId> there = StoreFixture.get(fixture.store.resolve(asked, 0, 0)).present();
            assertThat(there).as("dead at %s", death.step()).isEqualTo(death.promised().present());
            Eventually.holds("buried", () -> fixture.status().sessions().isEmpty());
            Eventually.holds("freed", () -> fixture.balanced().condemned() == 0);
            assertThat(fixture.balanced().leased()).as("leased, dead at %s", death.step()).isZero();
            Set<ObjectId> whole = new HashSet<>();
            StoreReport report =
                    StoreChecker.check(
                            fixture.files(),
                            StoreChecker.Mode.STRICT,
                            (id, _, payload) -> {
                                whole.add(id);
                                return TestBytes.verify(payload);
                            });
            assertThat(report.findings(Severity.WARNING)).as("dead at %s", death.step()).isEmpty();
            assertThat(whole).containsAll(there);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
