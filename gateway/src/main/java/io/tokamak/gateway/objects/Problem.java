package io.tokamak.gateway.objects;

import io.tokamak.objects.CorruptObject;
import io.tokamak.objects.DeadlineExceeded;
import io.tokamak.objects.DigestMismatch;
import io.tokamak.objects.Durations;
import io.tokamak.objects.IncompatibleStore;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.InvalidState;
import io.tokamak.objects.MediaType;
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
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.springframework.http.HttpStatus;

/**
 * Every problem that a call can be answered with. Each has an example, made by what makes the real
 * ones: code, status and headers are read from it.
 */
public enum Problem {
    BAD_ID(thrown(() -> ObjectId.parse("xyz"))),
    BAD_NAME(thrown(() -> new ObjectName("Docs", "a"))),
    BAD_ATTRIBUTE(thrown(() -> HeaderText.decode("\u00ff"))),
    BAD_MEDIA_TYPE(thrown(() -> MediaType.of("nonsense"))),
    BAD_DURATION(thrown(() -> Durations.parse("10"))),
    BAD_DIGEST(thrown(() -> Digests.expected("sha-256=1"))),
    BAD_PARAMETER(() -> Parameters.bad("view", "is all", "leave it out, or give info")),
    UNKNOWN_PARAMETER(thrown(() -> Parameters.of("colour=red", List.of("ttl", "idle")))),
    BAD_LIMIT(
            thrown(
                    () ->
                            Parameters.of("limit=0", List.of("limit"))
                                    .number("limit", 1, 1000, 100, InvalidRequest.BAD_LIMIT))),
    BAD_CURSOR(
            () ->
                    new InvalidRequest(
                            InvalidRequest.BAD_CURSOR,
                            "the cursor is none of this list",
                            "begin again without a cursor")),
    SIZE_MISMATCH(
            () ->
                    new InvalidRequest(
                            InvalidRequest.SIZE_MISMATCH,
                            "3 bytes came, 4 were announced",
                            "announce the right size, or none")),
    UNAUTHENTICATED(() -> new Unauthenticated("no bearer token was sent")),
    FORBIDDEN(() -> new PermissionDenied("the gateway", "open", "the node's folder")),
    HOST_NOT_ALLOWED(() -> Refusal.hostNotAllowed("tokamak.example")),
    FOREIGN_PAGE(() -> Refusal.foreignPage("https://pages.example")),
    OBJECT_NOT_FOUND(() -> new ObjectNotFound(Samples.NAME)),
    NODE_NOT_FOUND(() -> Refusal.nodeNotFound("nobody")),
    NO_SUCH_PATH(() -> Refusal.noSuchPath("/v1/nothing")),
    METHOD_NOT_ALLOWED(() -> Refusal.methodNotAllowed("PATCH", "GET, HEAD")),
    UPLOAD_TIMEOUT(() -> Refusal.uploadTimeout(1_000_000, 30_000)),
    UPLOAD_TOO_SLOW(() -> Refusal.uploadTooSlow(1_000_000, 3_600_000)),
    BAD_REQUEST(Refusal::badRequest),
    PATH_TOO_LONG(() -> Refusal.pathTooLong(16_384)),
    HEAD_TOO_LARGE(() -> Refusal.headTooLarge(32_768)),
    OBJECT_EXISTS(() -> new ObjectExists(Samples.NAME, Samples.ID, "node-1", Instant.EPOCH)),
    NOT_CO_LOCATED(() -> new NotCoLocated(NotCoLocated.NONCE_DIFFERS, "/dev/shm/tokamak/node-1")),
    CANNOT_DRAIN(() -> Refusal.cannotDrain("node-1", 3)),
    OBJECT_LOST(() -> new ObjectLost(Samples.ID, "node-1")),
    CORRUPT_OBJECT(() -> new CorruptObject("object " + Samples.ID)),
    MAPPING_ENDED(() -> Refusal.mappingEnded("expired")),
    TOO_LARGE(() -> new TooLarge(10_000_000_000L, 1_000_000_000L)),
    BODY_TOO_LARGE(() -> Refusal.tooLarge(16_384)),
    PRECONDITION_FAILED(
            () -> Refusal.preconditionFailed("If-Match", "the object has another ETag")),
    CONDITION_NOT_SUPPORTED(() -> Refusal.conditionNotSupported("If-Match")),
    RANGE_NOT_SATISFIABLE(() -> Refusal.rangeNotSatisfiable(5, "no byte asked for is among the 5")),
    DIGEST_MISMATCH(() -> new DigestMismatch("sha-256", ":AA==:", ":AQ==:")),
    QUOTA_EXCEEDED(() -> QuotaExceeded.atOnce("uploads", 256, "tokamak.uploads-max")),
    INTERNAL_ERROR(() -> new IllegalStateException("anything that is a fault of ours")),
    UNAVAILABLE(() -> new NodeDown("node-1", "it does not answer", Duration.ofSeconds(1))),
    TOO_MANY_PINS(() -> new TooManyPins(65_536, 65_536)),
    STORE_RETIRED(() -> new StoreRetired("/dev/shm/tokamak/node-1")),
    SESSION_FENCED(() -> new SessionFenced("7", "the node has no such session")),
    INCOMPATIBLE_STORE(
            () ->
                    new IncompatibleStore(
                            "/dev/shm/tokamak/node-1",
                            "layout",
                            "1",
                            "2",
                            "start the version that wrote it")),
    STOPPING(() -> InvalidState.used("client", "closed")),
    DEADLINE_EXCEEDED(() -> new DeadlineExceeded("a put", Duration.ofSeconds(10))),
    OUT_OF_MEMORY(
            () ->
                    new OutOfMemory(
                            new MemoryShortage(
                                    500_000_000,
                                    1_000_000_000,
                                    800_000_000,
                                    200_000_000,
                                    0,
                                    0,
                                    0,
                                    0,
                                    0,
                                    List.of(),
                                    List.of())));

    /** What examples are about. */
    private static final class Samples {
        static final ObjectName NAME = new ObjectName("docs", "readme");
        static final ObjectId ID = ObjectId.named(NAME);
    }

    /** What not every answer of a kind has: the example has some of it. */
    private static final Map<Class<?>, Map<String, Object>> MORE =
            Map.of(
                    InvalidRequest.class,
                    Map.of(
                            "parameter", "ids[3]",
                            "index", 0,
                            "limit", 1024,
                            "actual", 1025,
                            "min", 1,
                            "max", 1000),
                    ObjectNotFound.class,
                    Map.of("id", Samples.ID.toString()));

    private final Class<? extends RuntimeException> cause;

    @SuppressWarnings("ImmutableEnumChecker") // nobody changes it
    private final Problems.Answer example;

    Problem(Supplier<? extends RuntimeException> example) {
        RuntimeException failure = example.get();
        this.cause = failure.getClass();
        this.example = Problems.answer(failure);
    }

    private static Supplier<RuntimeException> thrown(Runnable call) {
        return () -> {
            try {
                call.run();
            } catch (InvalidRequest e) {
                return e;
            }
            throw new IllegalStateException("an example of a problem is none");
        };
    }

    /** What is answered with it. */
    Class<? extends RuntimeException> cause() {
        return cause;
    }

    /** One such answer. */
    public Problems.Answer example() {
        return example;
    }

    /**
     * Fields that such an answer may have beside those of every problem, each with a value of its
     * kind.
     */
    public Map<String, Object> numbers() {
        Map<String, Object> numbers = new LinkedHashMap<>(example.body());
        numbers.keySet().removeAll(Problems.FIELDS);
        numbers.putAll(MORE.getOrDefault(cause, Map.of()));
        if (this == BAD_DURATION) {
            numbers.putAll(Map.of("limit", "5m", "min", "100ms", "max", "1h"));
        }
        return numbers;
    }

    public HttpStatus status() {
        return example.status();
    }

    /** Never changes. */
    public String code() {
        return String.valueOf(example.body().get("code"));
    }
}
