package io.tokamak.gateway.objects;

import static org.assertj.core.api.Assertions.assertThat;

import io.tokamak.objects.DeadlineExceeded;
import io.tokamak.objects.DigestMismatch;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.MemoryShortage;
import io.tokamak.objects.NodeDown;
import io.tokamak.objects.ObjectExists;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectName;
import io.tokamak.objects.ObjectNotFound;
import io.tokamak.objects.OutOfMemory;
import io.tokamak.objects.TooLarge;
import io.tokamak.objects.Unauthenticated;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.http.HttpStatus;
import org.springframework.web.server.ResponseStatusException;

class ProblemsTest {
    private static final ObjectName NAME = new ObjectName("a", "b");
    private static final ObjectId ID = ObjectId.named(NAME);

    static Stream<Arguments> failures() {
        return Stream.of(
                Arguments.of(new InvalidRequest("bad-id", "no", "send"), 400, "bad-id"),
                Arguments.of(new Unauthenticated("who"), 401, "unauthenticated"),
                Arguments.of(new ObjectNotFound(ID), 404, "object-not-found"),
                Arguments.of(Refusal.noSuchPath("/x"), 404, "no-such-path"),
                Arguments.of(Refusal.nodeNotFound("x"), 404, "node-not-found"),
                Arguments.of(Refusal.methodNotAllowed("PUT", "GET"), 405, "method-not-allowed"),
                Arguments.of(Refusal.uploadTimeout(1, 2), 408, "upload-timeout"),
                Arguments.of(
                        new ObjectExists(NAME, ID, "node", Instant.EPOCH), 409, "object-exists"),
                Arguments.of(new TooLarge(2, 1), 413, "too-large"),
                Arguments.of(Refusal.rangeNotSatisfiable(3, "no"), 416, "range-not-satisfiable"),
                Arguments.of(new DigestMismatch("sha-256", "a", "b"), 422, "digest-mismatch"),
                Arguments.of(new NodeDown("n", "no", Duration.ZERO), 503, "unavailable"),
                Arguments.of(
                        new DeadlineExceeded("a put", Duration.ZERO), 504, "deadline-exceeded"),
                Arguments.of(outOfMemory(), 507, "out-of-memory"),
                Arguments.of(
                        new ResponseStatusException(HttpStatus.NOT_FOUND), 404, "no-such-path"),
                Arguments.of(new IllegalStateException("x"), 500, "internal-error"));
    }

    private static OutOfMemory outOfMemory() {
        return new OutOfMemory(new MemoryShortage(1, 2, 3, 4, 5, 6, 7, 8, 9, List.of(), List.of()));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void eachFailureHasItsStatusAndCode(Throwable failure, int status, String code) {
        Problems.Answer answer = Problems.answer(failure);
        assertThat(answer.status().value()).isEqualTo(status);
        assertThat(answer.body())
                .containsEntry("status", status)
                .containsEntry("code", code)
                .containsEntry("type", "urn:tokamak:problem:" + code)
                .containsKeys("title", "detail", "remedy");
    }

    @Test
    void numbersAreFieldsOfTheirOwn() {
        assertThat(Problems.answer(outOfMemory()).body())
                .containsEntry("requested", 1L)
                .containsEntry("capacity", 2L)
                .containsEntry("live", 3L)
                .containsEntry("pinned", 5L)
                .containsEntry("leased", 6L);
    }

    @Test
    void headersSayWhatHelps() {
        assertThat(Problems.answer(new NodeDown("n", "no", Duration.ZERO)).headers())
                .containsEntry("Retry-After", "1");
        assertThat(Problems.answer(new Unauthenticated("who")).headers())
                .containsKey("WWW-Authenticate");
        assertThat(Problems.answer(Refusal.methodNotAllowed("PUT", "GET, HEAD")).headers())
                .containsEntry("Allow", "GET, HEAD");
    }

    @Test
    void whatIsInternalIsNotTold() {
        assertThat(Problems.answer(new IllegalStateException("secret")).body().toString())
                .doesNotContain("secret");
    }
}
