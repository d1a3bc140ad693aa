package io.tokamak.gateway.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tokamak.gateway.node.Sha256;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConditionsTest {
    @Test
    void aTagIsTheIdAndTheIncarnation() {
        ObjectId named = ObjectId.named(new ObjectName("a", "b"));
        assertThat(EntityTags.of(named, 7)).isEqualTo("\"" + named + "-7\"");
        ObjectId anonymous = ObjectId.anonymous(1, 2, 3);
        assertThat(EntityTags.of(anonymous, 7)).isEqualTo("\"" + anonymous + "-0\"");
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '\'',
            value = {
                "'\"x\"', true",
                "'W/\"x\"', true",
                "'\"y\", \"x\"', true",
                "*, true",
                "'\"y\"', false",
                "x, false",
                "'', false",
            })
    void ifNoneMatch(String header, boolean matches) {
        assertThat(EntityTags.matches(header, "\"x\"")).isEqualTo(matches);
    }

    @ParameterizedTest
    @CsvSource({
        "'\"x\"', true",
        "'\"y\", \"x\"', true",
        "*, true",
        "'W/\"x\"', false",
        "'\"y\"', false",
        "'', false",
    })
    void ifMatch(String header, boolean permits) {
        assertThat(EntityTags.permits(header, "\"x\"")).isEqualTo(permits);
        assertThat(EntityTags.permits(null, "\"x\"")).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "'\"x\"', true",
        "'W/\"x\"', false",
        "'Tue, 24 Nov 2026 00:00:00 GMT', false",
    })
    void ifRange(String header, boolean permits) {
        assertThat(EntityTags.permitsRange(header, "\"x\"")).isEqualTo(permits);
        assertThat(EntityTags.permitsRange(null, "\"x\"")).isTrue();
    }

    @Test
    void aDigestIsReadAmongOthers() {
        byte[] digest = Sha256.begin().digest(new byte[] {1});
        String header = Digests.header(digest);
        assertThat(Digests.expected(header)).isEqualTo(digest);
        assertThat(Digests.expected("md5=:AAAA:, " + header)).isEqualTo(digest);
        assertThat(Digests.expected("md5=:AAAA:")).isNull();
        assertThat(Digests.expected(null)).isNull();
        assertThat(Digests.expected("")).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sha-256",
                "sha-256=",
                "sha-256=abc",
                "sha-256=:!:",
                "sha-256=:AAAA:",
                "SHA-256=:AAAA:",
                "sha-256 = :AAAA:",
                "=",
                "md5=:AAAA:, (((",
            })
    void badDigests(String header) {
        assertThatExceptionOfType(InvalidRequest.class)
                .isThrownBy(() -> Digests.expected(header))
                .satisfies(e -> assertThat(e.code()).isEqualTo("bad-digest"));
    }

    @ParameterizedTest
    @CsvSource({
        "sha-256=1, true",
        "'md5=3, sha-256=10', true",
        "sha-256=0, false",
        "sha-512=1, false",
        "sha-256, false",
        "sha-256=11, false",
    })
    void wantedDigests(String header, boolean wanted) {
        assertThat(Digests.isWanted(header)).isEqualTo(wanted);
        assertThat(Digests.isWanted(null)).isFalse();
    }
}
