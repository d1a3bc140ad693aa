package io.tokamak.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.tokamak.layout.SessionFile;
import io.tokamak.memory.Memory;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The log of accesses")
class AccessLogTest {
    private final Memory session = Memory.onHeap(SessionFile.LENGTH);
    private final AccessLog log = new AccessLog(session);

    private long tail() {
        return session.getLong(SessionFile.ACCESS_TAIL_OFFSET);
    }

    @Test
    @DisplayName("has an entry for each object that was read")
    void entries() {
        log.report(1, 2, 100);
        log.report(3, 4, 100);

        assertThat(tail()).isEqualTo(2);
        long second = SessionFile.accessOffset(1);
        assertThat(session.getLong(second)).isEqualTo(3);
        assertThat(session.getLong(second + Long.BYTES)).isEqualTo(4);
    }

    @Test
    @DisplayName("says it once until the expiry has moved")
    void once() {
        for (int i = 0; i < 1000; i++) {
            log.report(1, 2, 100);
        }
        assertThat(tail()).isEqualTo(1);

        log.report(1, 2, 200);
        assertThat(tail()).isEqualTo(2);
    }

    @Test
    @DisplayName("keeps what the ring has no room for, in order, until the node has read")
    void backlog() {
        int reports = 3 * SessionFile.ACCESS_LIMIT + 5;
        for (int i = 0; i < reports; i++) {
            log.report(i, 0, 100);
        }
        assertThat(tail()).isEqualTo(SessionFile.ACCESS_LIMIT);

        for (long read = 0; read < reports; read++) {
            if (read == tail()) {
                log.flush();
            }
            assertThat(session.getLong(SessionFile.accessOffset(read))).isEqualTo(read);
            session.putLongRelease(SessionFile.ACCESS_HEAD_OFFSET, read + 1);
        }
        assertThat(log.flush()).isFalse();
        assertThat(tail()).isEqualTo(reports);
    }
}
