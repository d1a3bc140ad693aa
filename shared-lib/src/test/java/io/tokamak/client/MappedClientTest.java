package io.tokamak.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectNotFound;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A co-located client")
class MappedClientTest {
    private TestNode node;
    private TokamakClient client;

    @BeforeEach
    void connect() {
        node = TestNode.create(256 << 20);
        client = TokamakClient.connect(node.options());
    }

    @AfterEach
    void close() {
        client.close();
        node.close();
    }

    @Test
    @DisplayName("I25: finds what it has put at once")
    void putGet() {
        Stored stored = client.put(new byte[] {1, 2, 3}, PutOptions.DEFAULTS);
        try (ObjectView view = client.get(stored.id(), Deadline.NONE)) {
            assertThat(view.sizeBytes()).isEqualTo(3);
            assertThat(view.getByte(2)).isEqualTo((byte) 3);
        }
        assertThat(client.read(stored.id(), Deadline.NONE)).containsExactly(1, 2, 3);
        assertThat(node.pinCount()).isZero();
        assertThat(client.delete(stored.id())).isTrue();
        assertThatThrownBy(() -> client.get(stored.id(), Deadline.NONE))
                .isInstanceOf(ObjectNotFound.class);
    }
}
