package io.tokamak.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A size")
class ByteSizeTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0 B",
        "1, 1 B",
        "1023, 1023 B",
        "1024, 1 KiB",
        "1536, 1.5 KiB",
        "10239, 10 KiB",
        "100663296, 96 MiB",
        "1048575, 1 MiB",
        "6549825126, 6.1 GiB",
        "8589934592, 8 GiB",
        "9223372036854775807, 8 EiB",
        "-1536, -1.5 KiB",
        "-9223372036854775808, -8 EiB"
    })
    @DisplayName("is written with one decimal below 10")
    void formats(long bytes, String expected) {
        assertThat(ByteSize.format(bytes)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "17, 17",
        "17B, 17",
        "1KB, 1024",
        "512MiB, 536870912",
        "1GB, 1073741824",
        "2 gib, 2147483648",
        "8388607TB, 9223370937343148032",
        "9223372036854775807, 9223372036854775807"
    })
    @DisplayName("is read with units of 1,024")
    void parses(String text, long expected) {
        assertThat(ByteSize.parse(text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "MB",
                "1.5GB",
                "-1",
                "1 G B",
                "8388608TB",
                "9223372036854775808",
                "1XB",
                " 1",
                "\u0661"
            })
    @DisplayName("is whole, has a known unit and fits 63 bits")
    void refuses(String text) {
        assertThatThrownBy(() -> ByteSize.parse(text))
                .asInstanceOf(InstanceOfAssertFactories.type(InvalidRequest.class))
                .returns("bad-parameter", InvalidRequest::code);
    }
}
