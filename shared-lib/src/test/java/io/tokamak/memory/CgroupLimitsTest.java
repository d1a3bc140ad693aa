package io.tokamak.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tokamak.memory.CgroupLimits.Limit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The control groups' limits")
class CgroupLimitsTest {
    private static final String UNLIMITED_V1 = "9223372036854771712";

    @TempDir Path folder;

    private List<Limit> limits(String groups, String mounts) throws IOException {
        Files.writeString(folder.resolve("cgroup"), groups);
        Files.writeString(folder.resolve("mountinfo"), mounts);
        return CgroupLimits.all(folder);
    }

    private Path mountPoint() {
        return folder.resolve("mount");
    }

    private String mountV2(String root) {
        return "31 23 0:28 / /sys rw - sysfs sysfs rw\n41 31 0:38 %s %s rw,relatime shared:9 - cgroup2 cgroup rw\n"
                .formatted(root, mountPoint());
    }

    private void group(String path, String limit, String usage) throws IOException {
        Path group = Files.createDirectories(Path.of(mountPoint() + path));
        Files.writeString(group.resolve("memory.max"), limit + "\n");
        Files.writeString(group.resolve("memory.current"), usage + "\n");
    }

    @Test
    @DisplayName("are those of every group outwards, the nearest first")
    void everyGroupCounts() throws IOException {
        group("/", "max", "900");
        group("/slice", "500", "400");
        group("/slice/service", "max", "20");
        group("/slice/service/inner", "700", "10");

        List<Limit> limits = limits("0::/slice/service/inner\n", mountV2("/"));

        assertThat(limits)
                .containsExactly(
                        new Limit(mountPoint().resolve("slice/service/inner"), 700, 10),
                        new Limit(mountPoint().resolve("slice"), 500, 400));
        assertThat(limits.get(1).freeBytes()).isEqualTo(100);
    }

    @Test
    @DisplayName("are found in a container that sees its group as the root")
    void containerWithHostPath() throws IOException {
        group("/", "300", "30");
        group("/below", "200", "20");

        assertThat(limits("0::/docker/abc/below\n", mountV2("/docker/abc")))
                .extracting(Limit::limitBytes)
                .containsExactly(200L, 300L);
        assertThat(limits("0::/docker/abc\n", mountV2("/docker/abc")))
                .extracting(Limit::limitBytes)
                .containsExactly(300L);
    }

    @Test
    @DisplayName("are the mounted root's when the group is of another name space")
    void otherNameSpace() throws IOException {
        group("/", "300", "30");

        assertThat(limits("0::/../../elsewhere\n", mountV2("/")))
                .containsExactly(new Limit(mountPoint(), 300, 30));
        assertThat(limits("0::/elsewhere\n", mountV2("/docker/abc")))
                .containsExactly(new Limit(mountPoint(), 300, 30));
        assertThat(limits("0::/elsewhere\n", mountV2("/")))
                .containsExactly(new Limit(mountPoint(), 300, 30));
    }

    @Test
    @DisplayName("of version 1 count, where a huge number is none")
    void versionOne() throws IOException {
        Path job = Files.createDirectories(mountPoint().resolve("job"));
        Files.writeString(mountPoint().resolve("memory.limit_in_bytes"), UNLIMITED_V1);
        Files.writeString(job.resolve("memory.limit_in_bytes"), "800\n");
        Files.writeString(job.resolve("memory.usage_in_bytes"), "8\n");

        List<Limit> limits =
                limits(
                        "5:cpu,cpuacct:/job\n4:memory:/job\n0::/\n",
                        "34 31 0:31 / /cpu rw - cgroup cgroup rw,cpu\n35 31 0:32 / %s rw - cgroup cgroup rw,memory\n"
                                .formatted(mountPoint()));

        assertThat(limits).containsExactly(new Limit(job, 800, 8));
    }

    @Test
    @DisplayName("are none where there are no groups")
    void none() throws IOException {
        assertThat(limits("", "")).isEmpty();
        assertThat(limits("0::/\n", "")).isEmpty();
        assertThat(CgroupLimits.all(folder.resolve("nothing"))).isEmpty();
    }

    @Test
    @DisplayName("are read where a mount point has a space in its name")
    void escapedMountPoint() throws IOException {
        Path spaced = Files.createDirectory(folder.resolve("a b"));
        Files.writeString(spaced.resolve("memory.max"), "5");
        Files.writeString(spaced.resolve("memory.current"), "1");

        assertThat(
                        limits(
                                "0::/\n",
                                "41 31 0:38 / %s/a\\040b rw - cgroup2 cgroup rw\n"
                                        .formatted(folder)))
                .containsExactly(new Limit(spaced, 5, 1));
    }

    @Test
    @DisplayName("that are no numbers are an error")
    void noNumber() throws IOException {
        group("/", "lots", "1");

        assertThatThrownBy(() -> limits("0::/\n", mountV2("/")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("lots");
    }

    @Test
    @DisplayName("leave free what is used as page cache, which the kernel drops first")
    void pageCache() throws IOException {
        group("/", "700", "600");
        Files.writeString(
                mountPoint().resolve("memory.stat"),
                "anon 90\nfile 400\nshmem 150\ninactive_file 200\nactive_file 50\n");
        assertThat(limits("0::/\n", mountV2("/")))
                .containsExactly(new Limit(mountPoint(), 700, 350));

        Files.writeString(mountPoint().resolve("memory.limit_in_bytes"), "800\n");
        Files.writeString(mountPoint().resolve("memory.usage_in_bytes"), "500\n");
        Files.writeString(
                mountPoint().resolve("memory.stat"),
                "inactive_file 1\nactive_file 2\ntotal_inactive_file 30\ntotal_active_file 4\n");
        assertThat(
                        limits(
                                "4:memory:/\n",
                                "35 31 0:32 / %s rw - cgroup cgroup rw,memory\n"
                                        .formatted(mountPoint())))
                .containsExactly(new Limit(mountPoint(), 800, 466));
    }

    @Test
    @DisplayName("of this process can be read")
    void ofThisProcess() throws IOException {
        assertThat(CgroupLimits.all())
                .allSatisfy(limit -> assertThat(limit.usageBytes()).isNotNegative());
    }
}
