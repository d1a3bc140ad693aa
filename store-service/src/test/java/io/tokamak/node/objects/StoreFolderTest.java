package io.tokamak.node.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tokamak.layout.StoreFile;
import io.tokamak.memory.Memory;
import io.tokamak.objects.IncompatibleStore;
import io.tokamak.objects.ObjectId;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayName("A store's folder")
@Timeout(60)
class StoreFolderTest {
    private final StoreFixture fixture = StoreFixture.open();

    @AfterEach
    void close() {
        fixture.close();
    }

    private void write(long offset, byte[] bytes) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(fixture.files().store().toFile(), "rw")) {
            file.seek(offset);
            file.write(bytes);
        }
    }

    private Store reopened(StoreSettings settings) throws IOException {
        fixture.store.close();
        fixture.store = Store.open(settings, fixture.names);
        return fixture.store;
    }

    @Test
    @DisplayName("I32: a second node is refused, and the first is not disturbed")
    void secondNode() {
        LaneClient client = fixture.attach();
        ObjectId id = client.put(new byte[10]);
        assertThatThrownBy(() -> Store.open(fixture.settings, fixture.names))
                .isInstanceOf(StoreUnusable.class)
                .hasMessageContaining("held by another node");
        assertThat(StoreFixture.get(fixture.store.resolve(List.of(id), 1, 0)).present())
                .containsExactly(id);
        fixture.sound();
    }

    @Test
    @DisplayName(
            "I32: another size and another layout are refused with what is there and what helps,"
                    + " and nothing is lost")
    void changed() throws IOException {
        LaneClient client = fixture.attach();
        ObjectId id = client.putSeen(new byte[10]);
        client.close();
        fixture.store.close();
        StoreSettings larger =
                StoreSettings.of(fixture.folder, 2 * StoreFixture.POOL_BYTES)
                        .withClock(fixture.clock);
        assertThatThrownBy(() -> Store.open(larger, fixture.names))
                .isInstanceOf(IncompatibleStore.class)
                .hasMessageContaining("tokamak.pool.size=" + StoreFixture.POOL_BYTES)
                .hasMessageContaining("--discard");
        write(StoreFile.LAYOUT_OFFSET, new byte[] {(byte) (StoreFile.LAYOUT + 1)});
        assertThatThrownBy(() -> Store.open(fixture.settings, fixture.names))
                .isInstanceOf(IncompatibleStore.class)
                .hasMessageContaining("layout");
        write(StoreFile.LAYOUT_OFFSET, new byte[] {(byte) StoreFile.LAYOUT});
        fixture.store = Store.open(fixture.settings, fixture.names);
        assertThat(StoreFixture.get(fixture.store.resolve(List.of(id), 1, 0)).present())
                .containsExactly(id);
        fixture.sound();
    }

    @Test
    @DisplayName(
            "I33: a discard, and another boot of the host, retire the old store and begin a new"
                    + " one")
    void retired() throws IOException {
        for (boolean discard : new boolean[] {true, false}) {
            LaneClient client = fixture.attach();
            ObjectId id = client.putSeen(new byte[10]);
            Memory old = fixture.store.storeMemory();
            int number = fixture.store.storeNumber();
            fixture.store.close();
            if (!discard) {
                write(StoreFile.BOOT_ID_OFFSET, new byte[16]);
            }
            Store fresh = reopened(fixture.settings.withDiscard(discard));
            assertThat(old.getInt(StoreFile.RETIRED_OFFSET)).isEqualTo(1);
            assertThat(fresh.storeMemory().getInt(StoreFile.RETIRED_OFFSET)).isZero();
            assertThat(fresh.storeNumber()).isNotEqualTo(number);
            assertThat(StoreFixture.get(fresh.resolve(List.of(id), 1, 0)).present()).isEmpty();
            client.close();
            fixture.sound();
        }
    }

    @Test
    @DisplayName(
            "I33: a discard that was cut short after the old store was retired goes on at the next"
                    + " start")
    void retiredHalfway() throws IOException {
        fixture.store.close();
        write(StoreFile.RETIRED_OFFSET, new byte[] {1});
        Store fresh = reopened(fixture.settings);
        assertThat(fresh.storeMemory().getInt(StoreFile.RETIRED_OFFSET)).isZero();
        fixture.sound();
    }
}
