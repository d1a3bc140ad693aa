package io.tokamak.node.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tokamak.client.ObjectView;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.OutOfMemory;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayName("When the index cannot grow")
@Timeout(120)
class IndexRoomTest {
    private static final PutOptions SOON = PutOptions.DEFAULTS.withTimeout(Duration.ofMillis(500));

    @Test
    @DisplayName(
            "I25, I26: nobody is told that what was put is not there, puts end with an error that"
                    + " says why, and with room again everything is there")
    void isFull() throws IOException {
        try (SmallTmpfs tmpfs = SmallTmpfs.mount(StoreFixture.POOL_BYTES + (24L << 20));
                StoreFixture fixture =
                        StoreFixture.open(tmpfs.path, StoreFixture.POOL_BYTES).served();
                TokamakClient client = TokamakClient.connect(fixture.connectOptions())) {
            tmpfs.fill();
            List<ObjectId> put = new ArrayList<>();
            isOutOfMemory(
                    () -> {
                        while (true) {
                            put.add(client.put(new byte[16], SOON).id());
                        }
                    });
            ObjectId last = put.getLast();
            isOutOfMemory(() -> client.get(last, Deadline.NONE).close());
            isOutOfMemory(() -> client.get(last, Deadline.after(Duration.ofMillis(100))).close());
            isOutOfMemory(() -> client.contains(last));
            isOutOfMemory(() -> client.delete(last));
            assertThat(client.contains(put.getFirst())).isTrue();
            assertThat(client.delete(put.removeFirst())).isTrue();
            fixture.balanced();

            tmpfs.empty();
            try (ObjectView view = client.get(last, Deadline.after(Duration.ofSeconds(20)))) {
                assertThat(view.segment().byteSize()).isEqualTo(16);
            }
            put.add(client.put(new byte[16], PutOptions.DEFAULTS).id());
            assertThat(put).allMatch(client::contains);
            assertThat(client.delete(last)).isTrue();
            assertThat(client.contains(last)).isFalse();
            fixture.sound();
        }
    }

    private static void isOutOfMemory(ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        OutOfMemory.class,
                        full -> {
                            assertThat(full).hasMessageContaining("the index has no room");
                            assertThat(full.remedy()).contains("file system of the node's folder");
                        });
    }
}
