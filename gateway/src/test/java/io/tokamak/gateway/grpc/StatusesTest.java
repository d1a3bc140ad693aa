package io.tokamak.gateway.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import io.grpc.Status.Code;
import io.grpc.protobuf.StatusProto;
import io.tokamak.objects.CorruptObject;
import io.tokamak.objects.DeadlineExceeded;
import io.tokamak.objects.DigestMismatch;
import io.tokamak.objects.IncompatibleStore;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.InvalidState;
import io.tokamak.objects.MemoryShortage;
import io.tokamak.objects.NodeDown;
import io.tokamak.objects.NotCoLocated;
import io.tokamak.objects.ObjectExists;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectLost;
import io.tokamak.objects.ObjectName;
import io.tokamak.objects.ObjectNotFound;
import io.tokamak.objects.OutOfMemory;
import io.tokamak.objects.PermissionDenied;
import io.tokamak.objects.QuotaExceeded;
import io.tokamak.objects.SessionFenced;
import io.tokamak.objects.StoreRetired;
import io.tokamak.objects.TooLarge;
import io.tokamak.objects.TooManyPins;
import io.tokamak.objects.Unauthenticated;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class StatusesTest {
    private static final ObjectName NAME = new ObjectName("a", "b");
    private static final ObjectId ID = ObjectId.named(NAME);
    private static final boolean AGAIN = true;

    static Stream<Arguments> failures() {
        return Stream.of(
                Arguments.of(
                        new InvalidRequest("bad-id", "no", "send"),
                        Code.INVALID_ARGUMENT,
                        "bad-id",
                        !AGAIN),
                Arguments.of(
                        new Unauthenticated("who"),
                        Code.UNAUTHENTICATED,
                        "unauthenticated",
                        !AGAIN),
                Arguments.of(
                        new PermissionDenied("x", "read", "y"),
                        Code.PERMISSION_DENIED,
                        "forbidden",
                        !AGAIN),
                Arguments.of(new ObjectNotFound(ID), Code.NOT_FOUND, "object-not-found", !AGAIN),
                Arguments.of(Refusal.nodeNotFound("x"), Code.NOT_FOUND, "node-not-found", !AGAIN),
                Arguments.of(
                        new ObjectExists(NAME, ID, "node", Instant.EPOCH),
                        Code.ALREADY_EXISTS,
                        "object-exists",
                        !AGAIN),
                Arguments.of(
                        InvalidState.used("client", "closed"), // as the gateway stops
                        Code.UNAVAILABLE,
                        "invalid-state",
                        AGAIN),
                Arguments.of(
                        new NotCoLocated(NotCoLocated.NONCE_DIFFERS, "/x"),
                        Code.FAILED_PRECONDITION,
                        "not-co-located",
                        !AGAIN),
                Arguments.of(new TooLarge(2, 1), Code.OUT_OF_RANGE, "too-large", !AGAIN),
                Arguments.of(
                        Refusal.rangeNotSatisfiable(4, 3),
                        Code.OUT_OF_RANGE,
                        "range-not-satisfiable",
                        !AGAIN),
                Arguments.of(Refusal.objectChanged(1, 2), Code.ABORTED, "object-changed", !AGAIN),
                Arguments.of(new ObjectLost(ID, "n"), Code.DATA_LOSS, "object-lost", !AGAIN),
                Arguments.of(
                        new CorruptObject("x", null), Code.DATA_LOSS, "corrupt-object", !AGAIN),
                Arguments.of(
                        new DigestMismatch("sha-256", "a", "b"),
                        Code.DATA_LOSS,
                        "digest-mismatch",
                        !AGAIN),
                Arguments.of(outOfMemory(0), Code.RESOURCE_EXHAUSTED, "out-of-memory", AGAIN),
                Arguments.of(
                        QuotaExceeded.atOnce("uploads", 1, "x"),
                        Code.RESOURCE_EXHAUSTED,
                        "quota-exceeded",
                        AGAIN),
                Arguments.of(
                        new DeadlineExceeded("a put", Duration.ZERO),
                        Code.DEADLINE_EXCEEDED,
                        "deadline-exceeded",
                        !AGAIN),
                Arguments.of(
                        Refusal.uploadTimeout(1, Duration.ofSeconds(2)),
                        Code.DEADLINE_EXCEEDED,
                        "upload-timeout",
                        !AGAIN),
                Arguments.of(
                        Refusal.uploadTooSlow(1, Duration.ofHours(1)),
                        Code.DEADLINE_EXCEEDED,
                        "upload-too-slow",
                        !AGAIN),
                Arguments.of(
                        new NodeDown("n", "no", Duration.ofMillis(1500)),
                        Code.UNAVAILABLE,
                        "unavailable",
                        AGAIN),
                Arguments.of(Refusal.stopping(), Code.UNAVAILABLE, "unavailable", AGAIN),
                Arguments.of(new StoreRetired("/x"), Code.UNAVAILABLE, "store-retired", AGAIN),
                Arguments.of(
                        new IncompatibleStore("/x", "layout", "1", "2", "start the other one"),
                        Code.UNAVAILABLE,
                        "incompatible-store",
                        !AGAIN),
                Arguments.of(
                        new TooManyPins(1, 1), Code.RESOURCE_EXHAUSTED, "too-many-pins", AGAIN),
                Arguments.of(
                        new SessionFenced("1", "no"), Code.UNAVAILABLE, "session-fenced", AGAIN),
                Arguments.of(
                        new IllegalStateException("secret"),
                        Code.INTERNAL,
                        "internal-error",
                        !AGAIN));
    }

    private static OutOfMemory outOfMemory(int holders) {
        return new OutOfMemory(
                new MemoryShortage(
                        1,
                        2,
                        3,
                        4,
                        5,
                        6,
                        7,
                        8,
                        9,
                        Collections.nCopies(
                                holders, new MemoryShortage.Holder("1", 2, "x".repeat(48), 3)),
                        List.of()));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void aFailureHasOneStatus(Throwable failure, Code code, String reason, boolean isRepeatable)
            throws Exception {
        Status status = status(failure);
        assertThat(status.getCode()).isEqualTo(code.value());
        assertThat(status.getMessage()).isNotEmpty().doesNotContain("secret");
        ErrorInfo info = GrpcGateway.detail(status, ErrorInfo.class);
        assertThat(info.getReason()).isEqualTo(reason);
        assertThat(info.getDomain()).isEqualTo("tokamak");
        assertThat(info.getMetadataOrDefault("remedy", "")).isNotEmpty();
        assertThat(status.getDetailsList().stream().anyMatch(any -> any.is(RetryInfo.class)))
                .isEqualTo(isRepeatable);
    }

    @ParameterizedTest
    @MethodSource("failures")
    @DisplayName("the proto's comments say with which status each reason comes")
    void documented(Throwable failure, Code code, String reason) throws Exception {
        assertThat(Files.readString(Path.of("../proto/tokamak/v1/store.proto")))
                .contains("%s `%s`".formatted(code, reason));
    }

    private static Status status(Throwable failure) {
        Status status = StatusProto.fromThrowable(Statuses.of(failure));
        assertThat(status).isNotNull();
        return status;
    }

    @Test
    void theNodeSaysWhenToComeAgain() throws Exception {
        assertThat(GrpcGateway.retryAfter(status(new NodeDown("n", "no", Duration.ofMillis(1500)))))
                .isEqualTo(Duration.ofMillis(1500));
    }

    @Test
    @DisplayName("numbers come as text, lists of them as JSON that fits a header")
    void numbers() throws Exception {
        Status status = status(outOfMemory(200));
        ErrorInfo info = GrpcGateway.detail(status, ErrorInfo.class);
        assertThat(info.getMetadataMap()).containsEntry("requested", "1");
        assertThat(info.getMetadataOrDefault("pinHolders", ""))
                .startsWith("[{\"session\":\"1\",\"pid\":2,")
                .endsWith("}]");
        assertThat(status.getSerializedSize()).isLessThan(4000);
    }
}
