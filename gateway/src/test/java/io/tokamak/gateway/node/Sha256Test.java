package io.tokamak.gateway.node;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tokamak.objects.DigestMismatch;
import org.junit.jupiter.api.Test;

class Sha256Test {
    @Test
    void otherBytesAreNoticed() {
        byte[] digest = Sha256.begin().digest(new byte[] {1});
        Sha256.check(digest, digest.clone());
        assertThatExceptionOfType(DigestMismatch.class)
                .isThrownBy(() -> Sha256.check(digest, new byte[Sha256.BYTES]));
    }
}
