package io.tokamak.node.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tokamak.layout.SessionFile;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectMetadata;
import io.tokamak.objects.ObjectName;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A start that takes over a store and is cut short")
@Timeout(120)
class StartCutShortTest {
    private static final byte[] PAYLOAD = new byte[700];
    private static final ObjectMetadata NAMED =
            ObjectMetadata.named(new ObjectName("test", "claimed"));

    private static final class CutShort extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    @ParameterizedTest(name = "at {0}")
    @ValueSource(
            strings = {
                "recover.counted",
                "recover.cleared",
                "recovery.indexed",
                "recovery.opened",
                "recovery.walked",
                "recovery.claimed",
                "drain.published",
                "drain.advanced",
                "recovery.drained",
                "recovery.named",
                "start.nonce",
                "start.renewed"
            })
    @DisplayName("I29, I28: leaves all that the one before left, for the next")
    void leavesEverything(String step) throws IOException {
        try (StoreFixture fixture = StoreFixture.open()) {
            LaneClient living = fixture.attach();
            LaneClient dying = fixture.attach();
            LaneClient reader = fixture.attach();
            LaneClient naming = fixture.attach();
            List<ObjectId> put = new ArrayList<>();
            for (int i = 0; i < 400; i++) {
                put.add(living.put(PAYLOAD));
            }
            put.add(dying.putSeen(PAYLOAD));
            ObjectId deleted = living.putSeen(PAYLOAD);
            LaneClient.Pinned pinned = reader.pin(deleted);
            StoreFixture.get(fixture.store.delete(List.of(deleted)));
            fixture.names.gate = new CompletableFuture<>();
            long claimed = naming.commitNamed(PAYLOAD, NAMED);
            fixture.store.close();
            put.add(living.put(PAYLOAD));
            put.add(dying.put(PAYLOAD));
            dying.close();
            fixture.names.gate = CompletableFuture.completedFuture(null);

            StoreSettings cut =
                    fixture.settings.withSteps(
                            reached -> {
                                if (reached.equals(step)) {
                                    throw new CutShort();
                                }
                            });
            assertThatThrownBy(() -> Store.open(cut, fixture.names)).isInstanceOf(CutShort.class);
            fixture.store = Store.open(fixture.settings, fixture.names);

            Eventually.holds("answered", () -> naming.answered() == claimed);
            assertThat(naming.answer()).isEqualTo(SessionFile.ANSWER_CREATED);
            assertThat(StoreFixture.get(fixture.store.resolve(put, put.size(), 0)).present())
                    .hasSameSizeAs(put);
            assertThat(living.find(deleted)).isNegative();
            assertThat(reader.read(pinned)).isEqualTo(PAYLOAD);
            assertThat(fixture.balanced().condemned()).isPositive();
            assertThat(living.isFenced()).isFalse();
            Eventually.holds("buried", dying::isBuried);
            reader.close();
            Eventually.holds("freed", () -> fixture.balanced().condemned() == 0);
            fixture.sound();
            living.close();
            naming.close();
        }
    }
}
