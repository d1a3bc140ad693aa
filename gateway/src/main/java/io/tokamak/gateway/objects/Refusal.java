package io.tokamak.gateway.objects;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;

/**
 * A request that failed at HTTP, before or beside the store: what {@code TokamakException} is for
 * the store.
 */
@SuppressWarnings("serial") // never serialized
public final class Refusal extends RuntimeException {
    private final HttpStatus status;
    private final String code;
    private final String remedy;
    private final SequencedMap<String, Object> numbers;
    private final Map<String, String> headers;

    private Refusal(
            HttpStatus status,
            String code,
            String detail,
            String remedy,
            SequencedMap<String, Object> numbers,
            Map<String, String> headers) {
        super(detail, null, false, false);
        this.status = status;
        this.code = code;
        this.remedy = remedy;
        this.numbers = Collections.unmodifiableSequencedMap(numbers);
        this.headers = Map.copyOf(headers);
    }

    private Refusal(HttpStatus status, String code, String detail, String remedy) {
        this(status, code, detail, remedy, new LinkedHashMap<>(), Map.of());
    }

    public static Refusal noSuchPath(String path) {
        return new Refusal(
                HttpStatus.NOT_FOUND,
                "no-such-path",
                "there is nothing at " + path,
                "look into the table of calls");
    }

    public static Refusal methodNotAllowed(String method, String allow) {
        return new Refusal(
                HttpStatus.METHOD_NOT_ALLOWED,
                "method-not-allowed",
                method + " does nothing here",
                "use " + allow,
                new LinkedHashMap<>(),
                Map.of("Allow", allow));
    }

    /**
     * A browser was led here by a name that is not this gateway's.
     *
     * @param host as it was sent
     */
    public static Refusal hostNotAllowed(String host) {
        return new Refusal(
                HttpStatus.MISDIRECTED_REQUEST,
                "host-not-allowed",
                "this gateway is not called " + host,
                "use localhost or an address, add the name to tokamak.security.hosts, or configure"
                        + " tokens",
                numbers("host", host),
                Map.of());
    }

    /**
     * A page of another origin sends this from a browser of this host.
     *
     * @param origin null: it was not said
     */
    public static Refusal foreignPage(@Nullable String origin) {
        return new Refusal(
                HttpStatus.FORBIDDEN,
                "foreign-page",
                "a page of another origin sent this",
                "let the page's own server call the gateway, or configure tokens",
                numbers("origin", origin == null ? "unknown" : origin),
                Map.of());
    }

    static Refusal nodeNotFound(String id) {
        return new Refusal(
                HttpStatus.NOT_FOUND,
                "node-not-found",
                "no node is called " + id,
                "ask /v1/nodes for those there are");
    }

    /**
     * Objects do not move between nodes yet.
     *
     * @param objects that would have to go
     */
    static Refusal cannotDrain(String id, long objects) {
        SequencedMap<String, Object> numbers = new LinkedHashMap<>();
        numbers.put("node", id);
        numbers.put("objects", objects);
        return new Refusal(
                HttpStatus.CONFLICT,
                "cannot-drain",
                "the %d objects of %s stay: none move between nodes yet".formatted(objects, id),
                "delete what is not needed; a node that is stopped keeps the rest in its folder",
                numbers,
                Map.of());
    }

    static Refusal rangeNotSatisfiable(long size, String why) {
        return new Refusal(
                HttpStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
                "range-not-satisfiable",
                why,
                "ask for bytes from 0 to the size, in at most " + Ranges.COUNT_MAX + " ranges",
                numbers("size", size),
                Map.of("Content-Range", "bytes */" + size));
    }

    /**
     * @param condition the header
     */
    static Refusal preconditionFailed(String condition, String why) {
        return new Refusal(
                HttpStatus.PRECONDITION_FAILED,
                "precondition-failed",
                condition + " does not hold: " + why,
                "look at what is there now, then ask again",
                numbers("condition", condition),
                Map.of());
    }

    /**
     * @param condition the header
     */
    static Refusal conditionNotSupported(String condition) {
        return new Refusal(
                HttpStatus.BAD_REQUEST,
                "condition-not-supported",
                "this call does not keep " + condition + " as it was sent",
                "leave it out; a put of a named object knows If-None-Match: *, a get both",
                numbers("condition", condition),
                Map.of());
    }

    static Refusal uploadTimeout(long received, long millis) {
        SequencedMap<String, Object> numbers = new LinkedHashMap<>();
        numbers.put("received", received);
        numbers.put("timeoutMillis", millis);
        return new Refusal(
                HttpStatus.REQUEST_TIMEOUT,
                "upload-timeout",
                "no byte came for " + millis + " ms, after " + received,
                "send the body again, without pauses",
                numbers,
                Map.of("Connection", "close"));
    }

    static Refusal uploadTooSlow(long received, long millis) {
        SequencedMap<String, Object> numbers = new LinkedHashMap<>();
        numbers.put("received", received);
        numbers.put("timeoutMillis", millis);
        return new Refusal(
                HttpStatus.REQUEST_TIMEOUT,
                "upload-too-slow",
                "the body was not here within %d ms, only %d bytes of it"
                        .formatted(millis, received),
                "send it faster or in parts, or raise tokamak.upload-time-total",
                numbers,
                Map.of("Connection", "close"));
    }

    /**
     * The first line of a request is too long.
     *
     * @param limit its bytes at most
     */
    static Refusal pathTooLong(long limit) {
        return beyond(
                HttpStatus.URI_TOO_LONG,
                "path-too-long",
                "the request's first line is longer than " + limit + " bytes",
                limit);
    }

    /**
     * The headers of a request are too long.
     *
     * @param limit their bytes at most
     */
    static Refusal headTooLarge(long limit) {
        return beyond(
                HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                "head-too-large",
                "the request's headers have more than " + limit + " bytes",
                limit);
    }

    private static Refusal beyond(HttpStatus status, String code, String detail, long limit) {
        return new Refusal(
                status,
                code,
                detail,
                "send less of it",
                numbers("limit", limit),
                Map.of("Connection", "close"));
    }

    /** What came is no HTTP. */
    static Refusal badRequest() {
        return new Refusal(
                HttpStatus.BAD_REQUEST,
                "bad-request",
                "the request breaks the rules of HTTP",
                "send a request by RFC 9112, its path percent-encoded");
    }

    static Refusal tooLarge(long limit) {
        return new Refusal(
                HttpStatus.CONTENT_TOO_LARGE,
                "too-large",
                "the request is longer than " + limit + " bytes",
                "send less in one request",
                numbers("limit", limit),
                Map.of("Connection", "close"));
    }

    /**
     * A mapping that protects nothing (any more).
     *
     * @param reason why: "unknown", "expired", ...
     */
    public static Refusal mappingEnded(String reason) {
        return new Refusal(
                HttpStatus.GONE,
                "mapping-ended",
                "the mapping has ended, or never was: " + reason,
                "discard what was read in it, then map again",
                numbers("reason", reason),
                Map.of());
    }

    private static SequencedMap<String, Object> numbers(String name, Object value) {
        SequencedMap<String, Object> numbers = new LinkedHashMap<>();
        numbers.put(name, value);
        return numbers;
    }

    HttpStatus status() {
        return status;
    }

    String code() {
        return code;
    }

    String detail() {
        return String.valueOf(getMessage());
    }

    String remedy() {
        return remedy;
    }

    SequencedMap<String, Object> numbers() {
        return numbers;
    }

    Map<String, String> headers() {
        return headers;
    }
}
