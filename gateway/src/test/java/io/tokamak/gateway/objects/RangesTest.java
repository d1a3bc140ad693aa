package io.tokamak.gateway.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RangesTest {
    @ParameterizedTest
    @CsvSource({
        "bytes=0-0, 0+1",
        "bytes=0-, 0+100",
        "bytes=99-, 99+1",
        "bytes=0-99999999999999999999999, 0+100",
        "bytes=-1, 99+1",
        "bytes=-1000, 0+100",
        "BYTES=5-9, 5+5",
        "'bytes=0-1,4-5', 0+2 4+2",
        "'bytes=4-5,0-1', 0+2 4+2",
        "'bytes=0-5,3-9', 0+10",
        "'bytes=0-4,5-9', 0+10",
        "'bytes=0-1, ,100-200', 0+2",
        "'bytes= 0-1 , -2', 0+2 98+2",
    })
    void parts(String header, String expected) {
        List<Ranges.Part> parts = Objects.requireNonNull(Ranges.parse(header, 100));
        assertThat(
                        parts.stream()
                                .map(part -> part.start() + "+" + part.length())
                                .collect(Collectors.joining(" ")))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "bytes",
                "bytes=",
                "bytes=,",
                "bytes=-",
                "bytes=a-b",
                "bytes=5-4",
                "bytes=0-1,x",
                "items=0-1",
                "bytes=1",
                "bytes=0--1",
                "bytes=+1-2",
                "bytes 0-1"
            })
    void malformedOnesAreIgnored(String header) {
        assertThat(Ranges.parse(header, 100)).isNull();
        assertThat(Ranges.parse(null, 100)).isNull();
    }

    @ParameterizedTest
    @CsvSource({"bytes=100-, 100", "bytes=-0, 100", "bytes=0-, 0", "bytes=-5, 0", "bytes=0-0, 0"})
    void unsatisfiable(String header, long size) {
        assertThatExceptionOfType(Refusal.class)
                .isThrownBy(() -> Ranges.parse(header, size))
                .satisfies(
                        e -> {
                            assertThat(e.status().value()).isEqualTo(416);
                            assertThat(e.headers())
                                    .containsEntry("Content-Range", "bytes */" + size);
                        });
    }

    @Test
    @DisplayName("64 ranges are served, 65 are not, even if they could be joined")
    void tooMany() {
        String many = "0-1,".repeat(64);
        assertThat(Ranges.parse("bytes=" + many, 100)).hasSize(1);
        assertThatExceptionOfType(Refusal.class)
                .isThrownBy(() -> Ranges.parse("bytes=" + many + "2-3", 100));
    }
}
