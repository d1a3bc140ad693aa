package io.tokamak.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.grpc.protobuf.StatusProto;
import io.tokamak.objects.NotCoLocated;
import java.security.cert.CertificateException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WireFailureTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                NotCoLocated.NONCE_DIFFERS,
                NotCoLocated.FOLDER_NOT_VISIBLE,
                NotCoLocated.PERMISSION
            })
    @DisplayName("who is not co-located hears from the gateway's error why, and where it is not")
    void notCoLocated(String reason) {
        ErrorInfo info =
                ErrorInfo.newBuilder()
                        .setReason(NotCoLocated.CODE)
                        .putMetadata("reason", reason)
                        .putMetadata("folder", "/dev/shm/node")
                        .build();
        WireFailure failure =
                WireFailure.of(
                        StatusProto.toStatusRuntimeException(
                                Status.newBuilder()
                                        .setCode(Code.FAILED_PRECONDITION_VALUE)
                                        .setMessage("no")
                                        .addDetails(Any.pack(info))
                                        .build()));
        assertThat(failure.toException("tokamak://gateway:9090"))
                .isInstanceOf(NotCoLocated.class)
                .satisfies(
                        e ->
                                assertThat(((NotCoLocated) e).numbers())
                                        .containsEntry("reason", reason)
                                        .containsEntry("folder", "/dev/shm/node"));
    }

    @Test
    @DisplayName("what happened below gRPC is part of what is said")
    void below() {
        WireFailure failure =
                WireFailure.of(
                        io.grpc.Status.UNAVAILABLE
                                .withDescription("io exception\nChannel Pipeline: [many]")
                                .withCause(
                                        new SSLHandshakeException("no trust")
                                                .initCause(new CertificateException("unknown")))
                                .asRuntimeException());
        assertThat(failure.detail()).isEqualTo("io exception: unknown");
    }
}
