package io.tokamak.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tokamak.client.Locality;
import io.tokamak.objects.CorruptObject;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.NodeDown;
import io.tokamak.objects.ObjectExists;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectLost;
import io.tokamak.objects.ObjectName;
import io.tokamak.objects.ObjectNotFound;
import io.tokamak.objects.TokamakException;
import io.tokamak.objects.TooLarge;
import io.tokamak.objects.TooManyPins;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TextsTest {
    @Nested
    class Npy {
        @Test
        @DisplayName("the head of numpy.save(file, numpy.zeros(5)) byte by byte")
        void golden() {
            byte[] expected = new byte[128];
            Arrays.fill(expected, (byte) ' ');
            byte[] begin =
                    "_NUMPY\1\0v\0{'descr': '<f8', 'fortran_order': False, 'shape': (5,), }"
                            .getBytes(StandardCharsets.ISO_8859_1);
            System.arraycopy(begin, 0, expected, 0, begin.length);
            expected[0] = (byte) 0x93;
            expected[127] = '\n';
            assertThat(NpyHeader.float64(5)).isEqualTo(expected);
        }

        @ParameterizedTest
        @ValueSource(longs = {0, 1, 134_217_728, Long.MAX_VALUE})
        @DisplayName("data begin at a multiple of 64, and the length says so")
        void aligned(long count) {
            byte[] header = NpyHeader.float64(count);
            assertThat(header.length % 64).isZero();
            assertThat((header[8] & 0xFF) + ((header[9] & 0xFF) << 8) + 10)
                    .isEqualTo(header.length);
            assertThat(new String(header, StandardCharsets.ISO_8859_1))
                    .contains("'shape': (" + count + ",)");
        }
    }

    @Nested
    class JsonText {
        @Test
        void escapes() {
            String text = new Json().with("a\"b", "\\ \n \t \u0001 \u007f ü 💾 \ud800").toString();
            assertThat(text)
                    .isEqualTo("{\"a\\\"b\":\"\\\\ \\n \\t \\u0001 \\u007f ü 💾 \\ud800\"}");
        }

        @Test
        void nested() {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("list", List.of(1, "two", Map.of("three", 3L)));
            map.put("nothing", null);
            assertThat(new Json().with(map).with("json", new Json().with("yes", true)).toString())
                    .isEqualTo(
                            "{\"list\":[1,\"two\",{\"three\":3}],\"nothing\":null,\"json\":{\"yes\":true}}");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "a.npy, application/x-npy",
        "dir.csv/b.JSON, application/json",
        "weights.safetensors, application/x-safetensors",
        "noextension, application/octet-stream",
        "txt, text/plain",
        "-, application/octet-stream",
        "x.unknown, application/octet-stream",
    })
    void mediaTypes(String file, String expected) {
        assertThat(FileTypes.of(file).text()).isEqualTo(expected);
    }

    @Nested
    class Targets {
        @Test
        void hexDigitsAreAnId() {
            Target target = Target.parse("0100000007000000010000000000002A");
            assertThat(target.name()).isNull();
            assertThat(target).hasToString("0100000007000000010000000000002a");
        }

        @Test
        void everythingElseIsAName() {
            assertThat(Target.parse("models/llm/v1").name())
                    .isEqualTo(new ObjectName("models", "llm/v1"));
            assertThat(Target.parse("plain").name()).isEqualTo(new ObjectName("default", "plain"));
            assertThat(Target.parse("x/0100000007000000010000000000002a").name())
                    .isEqualTo(new ObjectName("x", "0100000007000000010000000000002a"));
        }

        @Test
        void groups() {
            assertThat(GroupText.parse("jobs/17/x", null)).hasToString("jobs/17/x");
            assertThat(GroupText.parse("17", new ObjectName("jobs", "k"))).hasToString("jobs/17");
            assertThat(GroupText.parse("17", null)).hasToString("default/17");
            assertThatThrownBy(() -> GroupText.parse("UP/17", null))
                    .isInstanceOf(InvalidRequest.class);
        }
    }

    @Nested
    class ExitCodes {
        private final ObjectId id = Target.parse("default/x").id();

        private void assertReported(TokamakException failed, int exitCode, int status) {
            ByteArrayOutputStream errors = new ByteArrayOutputStream();
            Output output = Output.to(OutputStream.nullOutputStream(), errors);
            assertThat(Failure.report(failed, output, true)).isEqualTo(exitCode);
            assertThat(errors.toString(StandardCharsets.UTF_8))
                    .contains(
                            "\"type\":\"urn:tokamak:problem:" + failed.code() + "\"",
                            "\"status\":" + status,
                            "\"code\":\"" + failed.code() + "\"");
        }

        @Test
        void ofErrors() {
            assertReported(new ObjectNotFound(id), Failure.NOT_FOUND, 404);
            assertReported(new ObjectLost(id, "node-2"), Failure.NOT_FOUND, 410);
            assertReported(
                    new ObjectExists(new ObjectName("a", "b"), id, "node-1", Instant.EPOCH),
                    Failure.EXISTS,
                    409);
            assertReported(
                    new NodeDown("n", "no answer", Duration.ofSeconds(1)),
                    Failure.UNREACHABLE,
                    503);
            assertReported(new InvalidRequest("bad-name", "bad", "good"), Failure.USAGE, 400);
            assertReported(new TooLarge(2, 1), Failure.OTHERWISE, 413);
            assertReported(new CorruptObject("byte 1"), Failure.OTHERWISE, 410);
            assertReported(new TooManyPins(64, 64), Failure.OTHERWISE, 503);
        }

        @Test
        void aFaultOfTheProgramShowsNoTrace() {
            ByteArrayOutputStream errors = new ByteArrayOutputStream();
            Output output = Output.to(OutputStream.nullOutputStream(), errors);
            assertThat(Failure.report(new IllegalStateException("oops"), output, false))
                    .isEqualTo(Failure.OTHERWISE);
            assertThat(errors.toString(StandardCharsets.UTF_8))
                    .contains("oops", "report it")
                    .doesNotContain("\tat ");
        }

        @Test
        void aMissingFileIsNamed() {
            ByteArrayOutputStream errors = new ByteArrayOutputStream();
            Output output = Output.to(OutputStream.nullOutputStream(), errors);
            Failure.report(new java.nio.file.NoSuchFileException("/x/y"), output, false);
            assertThat(errors.toString(StandardCharsets.UTF_8))
                    .isEqualTo("tokamak: /x/y: no such file\n");
        }
    }

    @Nested
    class StandardOutput {
        private static OutputStream failing(String message) {
            return new OutputStream() {
                @Override
                public void write(int b) throws IOException {
                    throw new IOException(message);
                }
            };
        }

        @Test
        void aReaderThatWentAwayIsNoError() {
            ByteArrayOutputStream errors = new ByteArrayOutputStream();
            assertThat(Tokamak.run(Output.to(failing("Broken pipe"), errors), "--help")).isZero();
            assertThat(errors.size()).isZero();
        }

        @Test
        void aFullDiskIsOne() {
            ByteArrayOutputStream errors = new ByteArrayOutputStream();
            assertThat(Tokamak.run(Output.to(failing("No space left on device"), errors), "--help"))
                    .isEqualTo(Failure.OTHERWISE);
            assertThat(errors.toString(StandardCharsets.UTF_8))
                    .contains("standard output", "No space left on device");
        }

        @Test
        void isToldOnce() throws IOException {
            ByteArrayOutputStream errors = new ByteArrayOutputStream();
            Output output = Output.to(failing("No space left on device"), errors);
            output.line("text");
            assertThatThrownBy(output::flush).hasMessageContaining("No space left on device");
            assertThat(output.close()).isFalse();
            assertThat(errors.toByteArray()).isEmpty(); // whoever caught it says it
        }

        @Test
        void aLongListEndsWhenNobodyReads() {
            Output output = Output.to(failing("Broken pipe"), new ByteArrayOutputStream());
            assertThatThrownBy(
                            () -> {
                                for (int i = 0; i < 100_000; i++) {
                                    output.line("a line that fills the buffer after a while");
                                }
                            })
                    .isInstanceOf(Output.ReaderGone.class);
        }
    }

    @Test
    @DisplayName("the demo prints rates, and that four readers' memory is there once")
    void demoFigures() throws IOException {
        DemoFigures figures = new DemoFigures();
        figures.sizeBytes = 1L << 30;
        figures.objects = 100_000;
        figures.readers = 4;
        figures.locality = new Locality(true, "mapped");
        figures.arrayWriteNanos = 500_000_000;
        figures.smallWriteNanos = 100_000_000;
        figures.arrayExpected = 7;
        figures.smallExpected = 8;
        figures.poolBytes = 2L << 30;
        figures.addArrayRound(List.of(sum(7, 2_000), sum(7, 1_000), sum(7, 500), sum(7, 1_000)));
        figures.addArrayRound(List.of(sum(7, 400), sum(7, 200), sum(7, 400), sum(7, 300)));
        figures.addSmallRound(List.of(sum(8, 100), sum(8, 80), sum(8, 90), sum(8, 100)));
        for (int i = 0; i < 4; i++) {
            figures.addMemory(new ReaderProcess.Memory(1L << 30, 1L << 28));
        }
        assertThat(printed(figures).replaceAll("\\s+", " "))
                .contains(
                        "zero-copy yes (mapped)",
                        "1 GiB of float64 in an .npy file, written at 2.1 GB/s",
                        "100,000 of 64 bytes, put at 1,000,000/s by one thread",
                        "added up in place at 10.7 GB/s together (2.1 the first time",
                        "got, read and released at 4,000,000/s together",
                        "sums right, every one",
                        "each reader has 1 GiB of the pool mapped (RssShmem), the 4 together"
                                + " 4 GiB;",
                        "divided by who shares them, that is 1 GiB for all 4",
                        "the pages are there once, in the pool of 2 GiB");
        figures.addSmallRound(List.of(sum(9, 100)));
        assertThat(printed(figures)).contains("WRONG: expected 7 and 8");
    }

    private static ReaderProcess.Sum sum(double value, long millis) {
        return new ReaderProcess.Sum(value, millis * 1_000_000);
    }

    private static String printed(DemoFigures figures) throws IOException {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        Output output = Output.to(printed, new ByteArrayOutputStream());
        figures.print(output, false);
        output.flush();
        return printed.toString(StandardCharsets.UTF_8);
    }

    @Test
    @DisplayName("the demo's sums are those of its pattern")
    void demoSums() {
        for (long count : new long[] {1, 1023, 1024, 1025, 5000}) {
            long sum = 0;
            for (long i = 0; i < count; i++) {
                sum += i % DemoCommand.VALUES;
            }
            assertThat(DemoCommand.expectedSum(count)).isEqualTo(sum);
        }
        long small = 0;
        for (int i = 0; i < 77; i++) {
            for (int word = 0; word < DemoCommand.SMALL_LONGS; word++) {
                small += i + word;
            }
        }
        assertThat(DemoCommand.expectedSmallSum(77)).isEqualTo(small);
    }
}
