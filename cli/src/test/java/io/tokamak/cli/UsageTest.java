package io.tokamak.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UsageTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "put",
                "get",
                "stat",
                "rm",
                "ls",
                "wait",
                "watch",
                "map",
                "top",
                "doctor",
                "demo",
                "completion"
            })
    void everyCommandExplainsItself(String command) {
        CommandRun run = CommandRun.of(command, "--help");
        assertThat(run.exitCode()).isZero();
        assertThat(run.errors()).isEmpty();
        assertThat(run.output())
                .contains(
                        "Usage: tokamak " + command,
                        "Examples:",
                        "Exit codes:",
                        "the node cannot be reached");
        assertThat(run.output().lines())
                .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(100));
        assertThat(CommandRun.of("--help").output()).contains("  " + command + " ");
    }

    @Test
    void theReaderOfTheDemoIsNotShown() {
        assertThat(CommandRun.of("--help").output()).doesNotContain("demo-reader");
    }

    @Test
    void version() {
        assertThat(CommandRun.of("--version").output()).startsWith("tokamak ");
    }

    @ParameterizedTest
    @DisplayName("wrong usage is exit code 2, says what is wrong, and where help is")
    @CsvSource(
            delimiter = '|',
            value = {
                "''                            | a command is missing",
                "bogus                         | unknown: bogus",
                "stats                         | did you mean stat?",
                "put                           | FILE",
                "put --bogus x                 | --bogus",
                "put --ttl 5 x                 | has no unit",
                "put --ttl 0s x                | more than zero",
                "put --name UPPER/x x          | namespace",
                "put --name a/b x y            | --name is for one file, and 2 are given",
                "put --media-type what x       | bad media type",
                "put --attr a x                | --attr",
                "put --attr a=b --attr A=c x   | is given twice",
                "put --group B/c x             | namespace",
                "get                           | ID|NS/KEY",
                "get a b                       | unknown: b",
                "get NO/x                      | namespace",
                "get x --timeout 5             | has no unit",
                "stat                          | ID|NS/KEY",
                "rm                            | nothing to delete",
                "ls NO/x                       | namespace",
                "ls a b                        | unknown: b",
                "wait                          | ID|NS/KEY",
                "wait a b --count 3            | --count is 3, must be 1 to 2",
                "watch NO/x                    | namespace",
                "watch --count 0               | --count is 0",
                "watch --kind bogus            | bogus",
                "map                           | ID|NS/KEY",
                "map x --timeout 5             | has no unit",
                "top --interval 5              | has no unit",
                "top --interval 1ms            | 100ms or more",
                "top --objects 1001            | 0 to 1000",
                "completion                    | SHELL",
                "completion fish               | fish",
                "get x --folder a --url b:1    | one of them says where to go",
                "demo --size 1KiB              | --size",
                "demo --size lots              | bad size",
                "demo --readers 0              | --readers",
            })
    void wrongUsage(String line, String said) {
        CommandRun run = CommandRun.of(line.isEmpty() ? new String[0] : line.split(" ", -1));
        assertThat(run.exitCode()).isEqualTo(Failure.USAGE);
        assertThat(run.output()).isEmpty();
        assertThat(run.errors())
                .startsWith("tokamak: ")
                .contains(said, "--help says what it takes");
        assertThat(run.errors()).doesNotContain("Exception", "\tat ");
    }

    @Test
    void wrongUsageAsJson() {
        CommandRun run = CommandRun.of("--json", "get", "NO/x");
        assertThat(run.exitCode()).isEqualTo(Failure.USAGE);
        assertThat(run.errors())
                .startsWith("{\"type\":\"")
                .contains("\"code\":\"usage\"", "\"remedy\":");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "get x", "stat x", "rm x", "ls", "wait x", "watch", "map x", "top", "put -", "demo"
            })
    @DisplayName("no node is exit code 5, at once")
    void unreachable(String line, @TempDir Path parent) {
        String folder = parent.resolve("nowhere").toString();
        CommandRun run = CommandRun.of((line + " --folder " + folder).split(" ", -1));
        assertThat(run.exitCode()).isEqualTo(Failure.UNREACHABLE);
        assertThat(run.output()).isEmpty();
        assertThat(run.errors()).contains(folder, "there is no such folder");
    }

    @Test
    void unreachableAsJson(@TempDir Path parent) {
        CommandRun run =
                CommandRun.of(
                        "--json", "--folder", parent.resolve("nowhere").toString(), "get", "x");
        assertThat(run.exitCode()).isEqualTo(Failure.UNREACHABLE);
        assertThat(run.errors())
                .startsWith("{")
                .contains("\"code\":\"unavailable\"", "\"status\":503", "\"remedy\":");
    }

    @Test
    void doctorOfNoFolder(@TempDir Path parent) {
        CommandRun run = CommandRun.of("doctor", "--folder", parent.resolve("nowhere").toString());
        assertThat(run.exitCode()).isEqualTo(Failure.OTHERWISE);
        assertThat(run.output()).contains("broken", "is no folder", "-> start a node");
    }
}
