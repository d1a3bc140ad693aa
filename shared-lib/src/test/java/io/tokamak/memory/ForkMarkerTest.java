package io.tokamak.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A fork marker")
class ForkMarkerTest {
    @Test
    @DisplayName("I13: tells a forked child that it is one, and its parent that it is not")
    void tellsTheChild() throws Exception {
        try (ChildProcess process = ChildProcess.start("fork")) {
            assertThat(process.says())
                    .as("before, in the child, in the parent")
                    .isEqualTo("false true false");
        }
    }

    @Test
    @DisplayName("is on a page that the kernel wipes on fork")
    void isOnAWipedPage() throws Exception {
        ForkMarker marker = new ForkMarker();

        String page = "%x-%x ".formatted(ForkMarker.address(), ForkMarker.address() + Pages.BYTES);
        String smaps = Files.readString(Path.of("/proc/self/smaps"));
        assertThat(smaps).contains(page);
        String after = smaps.substring(smaps.indexOf(page));
        assertThat(after.substring(after.indexOf("VmFlags:")).lines().findFirst().orElseThrow())
                .contains(" wf");
        assertThat(marker.isForkedChild()).isFalse();
    }
}
