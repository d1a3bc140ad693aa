package io.tokamak.gateway.objects;

import static io.tokamak.gateway.objects.Problem.BAD_ATTRIBUTE;
import static io.tokamak.gateway.objects.Problem.BAD_CURSOR;
import static io.tokamak.gateway.objects.Problem.BAD_DIGEST;
import static io.tokamak.gateway.objects.Problem.BAD_DURATION;
import static io.tokamak.gateway.objects.Problem.BAD_ID;
import static io.tokamak.gateway.objects.Problem.BAD_LIMIT;
import static io.tokamak.gateway.objects.Problem.BAD_MEDIA_TYPE;
import static io.tokamak.gateway.objects.Problem.BAD_NAME;
import static io.tokamak.gateway.objects.Problem.BODY_TOO_LARGE;
import static io.tokamak.gateway.objects.Problem.CANNOT_DRAIN;
import static io.tokamak.gateway.objects.Problem.CORRUPT_OBJECT;
import static io.tokamak.gateway.objects.Problem.DIGEST_MISMATCH;
import static io.tokamak.gateway.objects.Problem.MAPPING_ENDED;
import static io.tokamak.gateway.objects.Problem.NODE_NOT_FOUND;
import static io.tokamak.gateway.objects.Problem.NOT_CO_LOCATED;
import static io.tokamak.gateway.objects.Problem.OBJECT_EXISTS;
import static io.tokamak.gateway.objects.Problem.OBJECT_LOST;
import static io.tokamak.gateway.objects.Problem.OBJECT_NOT_FOUND;
import static io.tokamak.gateway.objects.Problem.OUT_OF_MEMORY;
import static io.tokamak.gateway.objects.Problem.PRECONDITION_FAILED;
import static io.tokamak.gateway.objects.Problem.QUOTA_EXCEEDED;
import static io.tokamak.gateway.objects.Problem.RANGE_NOT_SATISFIABLE;
import static io.tokamak.gateway.objects.Problem.SIZE_MISMATCH;
import static io.tokamak.gateway.objects.Problem.TOO_LARGE;
import static io.tokamak.gateway.objects.Problem.UPLOAD_TIMEOUT;
import static io.tokamak.gateway.objects.Problem.UPLOAD_TOO_SLOW;
import static org.springframework.http.HttpMethod.DELETE;
import static org.springframework.http.HttpMethod.GET;
import static org.springframework.http.HttpMethod.HEAD;
import static org.springframework.http.HttpMethod.POST;
import static org.springframework.http.HttpMethod.PUT;

import io.tokamak.gateway.events.LoggedEvent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.springframework.http.HttpMethod;

/**
 * The table of calls: what there is, what each takes, and all that it can answer. Routing, {@code
 * Allow}, what is refused in a query and the OpenAPI document come from here and from nowhere else.
 *
 * <p>Where two templates match a path the earlier one is meant.
 */
@SuppressWarnings("ImmutableEnumChecker") // the rows are not changed after the table is made
public enum Call {
    POST_OBJECT(
            row(POST, "/v1/objects", "Put an object without a name")
                    .says(
                            "The body is the payload, of any length and any media type. Its"
                                + " Content-Type and every header that begins with Tokamak-Attr-"
                                + " are kept with it.")
                    .puts()),
    LIST_OBJECTS(
            row(GET, "/v1/objects", "List objects")
                    .says(
                            "Page by page, stable under change: what is there from the first page"
                                    + " to the last is listed once.")
                    .query(
                            QueryParameter.NAMESPACE,
                            QueryParameter.PREFIX,
                            QueryParameter.IN_GROUP,
                            QueryParameter.MEDIA_TYPE,
                            QueryParameter.LIMIT,
                            QueryParameter.CURSOR)
                    .answers(200, "a page; the cursor of the last one is null", Content.PAGE)
                    .refuses(BAD_NAME, BAD_LIMIT, BAD_CURSOR, BAD_MEDIA_TYPE)),
    WAIT_FOR_OBJECTS(
            row(POST, "/v1/objects:wait", "Wait for several objects")
                    .says(
                            "Answers when as many as count says are there, all when it is left out;"
                                    + " and when the time is over, with what is there by then.")
                    .takes(Content.WAIT)
                    .answers(200, "what is there and what is not", Content.WAIT_RESULT)
                    .refuses(BAD_ID, BAD_NAME, BAD_DURATION, BODY_TOO_LARGE, QUOTA_EXCEEDED)),
    MAP_OBJECT(row(POST, "/v1/objects/{id}/mappings", "Map an object").maps().refuses(BAD_ID)),
    GET_OBJECT(row(GET, "/v1/objects/{id}", "Get an object").gets().refuses(BAD_ID)),
    HEAD_OBJECT(row(HEAD, "/v1/objects/{id}", "Get an object's headers").heads().refuses(BAD_ID)),
    DELETE_OBJECT(row(DELETE, "/v1/objects/{id}", "Delete an object").deletes().refuses(BAD_ID)),
    MAP_NAMED(
            row(POST, "/v1/namespaces/{namespace}/objects/{key}/mappings", "Map a named object")
                    .maps()
                    .refuses(BAD_NAME)),
    PUT_NAMED(
            row(PUT, "/v1/namespaces/{namespace}/objects/{key}", "Put a named object")
                    .says(
                            "The body is the payload. Whoever puts first has the name: the very"
                                + " same bytes, media type and attributes are answered with 200,"
                                + " others with 409. No name is held before the last byte is here.")
                    .puts()
                    .stores(200, "the very same object is there already", Content.DESCRIPTION)
                    .headers(RequestHeader.IF_NONE_MATCH)
                    .refuses(OBJECT_EXISTS, PRECONDITION_FAILED)),
    GET_NAMED(
            row(GET, "/v1/namespaces/{namespace}/objects/{key}", "Get a named object")
                    .gets()
                    .refuses(BAD_NAME)),
    HEAD_NAMED(
            row(HEAD, "/v1/namespaces/{namespace}/objects/{key}", "Get a named object's headers")
                    .heads()
                    .refuses(BAD_NAME)),
    DELETE_NAMED(
            row(DELETE, "/v1/namespaces/{namespace}/objects/{key}", "Delete a named object")
                    .deletes()
                    .refuses(BAD_NAME)),
    DELETE_GROUP(
            row(DELETE, "/v1/namespaces/{namespace}/groups/{group}", "Delete a group's objects")
                    .answers(200, "how many went", Content.DELETED)
                    .refuses(BAD_NAME)),
    RENEW_MAPPING(
            row(POST, "/v1/mappings/{mapping}:renew", "Keep a mapping for longer")
                    .takes(Content.RENEWAL)
                    .answers(200, "it stands, with another end", Content.MAPPING)
                    .refuses(MAPPING_ENDED, BAD_DURATION, BODY_TOO_LARGE)),
    RELEASE_MAPPING(
            row(DELETE, "/v1/mappings/{mapping}", "Release a mapping")
                    .says("Until this has answered 200, act on nothing that was read in it.")
                    .answers(200, "it has held until now", Content.RELEASED)
                    .refuses(MAPPING_ENDED)),
    LIST_NODES(row(GET, "/v1/nodes", "List the nodes").answers(200, "all of them", Content.NODES)),
    DRAIN_NODE(
            row(POST, "/v1/nodes/{node}:drain", "Move a node's objects to others")
                    .says(
                            "Objects do not move between nodes yet: of a node that is there it is"
                                    + " always refused.")
                    .refuses(BAD_NAME, NODE_NOT_FOUND, CANNOT_DRAIN)),
    GET_NODE(
            row(GET, "/v1/nodes/{node}", "Describe a node")
                    .answers(200, "it, and its folder if it is local", Content.NODE)
                    .refuses(BAD_NAME, NODE_NOT_FOUND)),
    GET_EVENTS(
            row(GET, "/v1/events", "Watch what happens")
                    .says(
                            "Server-sent events, until the caller goes away. After Last-Event-ID"
                                + " all that came since; the event gap says that some of it is not"
                                + " to be had any more. Their kinds: "
                                    + kinds()
                                    + ". The data of each is JSON: id, namespace, key, size,"
                                    + " mediaType and time, and of what happens to a node also"
                                    + " node, its id; what an event is not about is null.")
                    .query(QueryParameter.NAMESPACE, QueryParameter.PREFIX)
                    .headers(RequestHeader.LAST_EVENT_ID)
                    .answers(
                            200,
                            "a stream without end",
                            Content.EVENTS,
                            ResponseHeader.CACHE_CONTROL,
                            ResponseHeader.ACCEL_BUFFERING)
                    .refuses(BAD_NAME, BAD_CURSOR, QUOTA_EXCEEDED));

    /** Every call can be answered with these. */
    private static final Set<Problem> COMMON =
            EnumSet.of(
                    Problem.BAD_PARAMETER,
                    Problem.UNKNOWN_PARAMETER,
                    Problem.BAD_REQUEST,
                    Problem.PATH_TOO_LONG,
                    Problem.HEAD_TOO_LARGE,
                    Problem.UNAUTHENTICATED,
                    Problem.FORBIDDEN,
                    Problem.HOST_NOT_ALLOWED,
                    Problem.FOREIGN_PAGE,
                    Problem.INTERNAL_ERROR,
                    Problem.UNAVAILABLE,
                    Problem.STORE_RETIRED,
                    Problem.SESSION_FENCED,
                    Problem.INCOMPATIBLE_STORE,
                    Problem.STOPPING,
                    Problem.DEADLINE_EXCEEDED);

    private static final List<Call> ALL = List.of(values());

    private final Row row;

    Call(Row row) {
        this.row = row;
    }

    /** A call found in the table. */
    public record Found(Call call, PathValues path) {}

    /**
     * The call that a method and a raw path mean.
     *
     * @throws Refusal {@code no-such-path}, or {@code method-not-allowed} with those that are
     */
    static Found find(HttpMethod method, String rawPath) {
        for (Call call : ALL) {
            if (call.row.method.equals(method)) {
                PathValues values = call.row.path.match(rawPath);
                if (values != null) {
                    return new Found(call, values);
                }
            }
        }
        List<String> allowed =
                ALL.stream()
                        .filter(call -> call.row.path.match(rawPath) != null)
                        .map(call -> call.row.method.name())
                        .distinct()
                        .toList();
        if (allowed.isEmpty()) {
            throw Refusal.noSuchPath(rawPath);
        }
        throw Refusal.methodNotAllowed(method.name(), String.join(", ", allowed));
    }

    /** Its line of the table, for people and programs that read it. */
    public HttpMethod method() {
        return row.method;
    }

    /** With variables in braces. */
    public String path() {
        return row.path.text();
    }

    public List<PathVariable> variables() {
        return row.path.variables();
    }

    /** What it does, in a few words. */
    public String summary() {
        return row.summary;
    }

    /** More of it; may be empty. */
    public String description() {
        return row.description;
    }

    public List<QueryParameter> query() {
        return Collections.unmodifiableList(row.query);
    }

    /** Names of the query's parameters. */
    List<String> queryNames() {
        return row.queryNames;
    }

    public List<RequestHeader> headers() {
        return Collections.unmodifiableList(row.headers);
    }

    /** Of the request. */
    public Content body() {
        return row.body;
    }

    public List<Reply> replies() {
        return Collections.unmodifiableList(row.replies);
    }

    /** All that it can be refused with. */
    public Set<Problem> problems() {
        Set<Problem> problems = EnumSet.copyOf(COMMON);
        problems.addAll(row.problems);
        if (!isSafe()) {
            problems.add(Problem.CONDITION_NOT_SUPPORTED);
        }
        return problems;
    }

    /** Whether it changes nothing: RFC 9110, section 9.2.1. */
    boolean isSafe() {
        return row.method.equals(GET) || row.method.equals(HEAD);
    }

    /**
     * An answer that is no problem.
     *
     * @param says what it means, for people
     */
    public record Reply(int status, String says, Content content, List<ResponseHeader> headers) {}

    private static String kinds() {
        return Stream.of(LoggedEvent.Kind.values())
                .map(kind -> kind.text() + " (" + kind.says() + ")")
                .collect(Collectors.joining(", "));
    }

    private static Row row(HttpMethod method, String path, String summary) {
        return new Row(method, path, summary);
    }

    /** A line of the table while it is written. */
    private static final class Row {
        private final HttpMethod method;
        private final PathTemplate path;
        private final String summary;
        private String description = "";
        private final List<QueryParameter> query = new ArrayList<>();
        private List<String> queryNames = List.of();
        private final List<RequestHeader> headers = new ArrayList<>();
        private Content body = Content.NOTHING;
        private final List<Reply> replies = new ArrayList<>();
        private final Set<Problem> problems = EnumSet.noneOf(Problem.class);

        Row(HttpMethod method, String path, String summary) {
            this.method = method;
            this.path = new PathTemplate(path);
            this.summary = summary;
        }

        Row says(String more) {
            description = more;
            return this;
        }

        Row query(QueryParameter... parameters) {
            query.addAll(List.of(parameters));
            queryNames = query.stream().map(QueryParameter::text).toList();
            return this;
        }

        Row headers(RequestHeader... more) {
            headers.addAll(List.of(more));
            return this;
        }

        Row takes(Content content) {
            body = content;
            return refuses(UPLOAD_TIMEOUT, UPLOAD_TOO_SLOW);
        }

        Row answers(int status, String says, Content content, ResponseHeader... with) {
            replies.add(new Reply(status, says, content, List.of(with)));
            return this;
        }

        Row refuses(Problem... more) {
            problems.addAll(List.of(more));
            return this;
        }

        Row puts() {
            return query(
                            QueryParameter.TTL,
                            QueryParameter.IDLE,
                            QueryParameter.REPLICAS,
                            QueryParameter.GROUP,
                            QueryParameter.DEADLINE)
                    .headers(
                            RequestHeader.CONTENT_ENCODING,
                            RequestHeader.REPR_DIGEST,
                            RequestHeader.ATTRIBUTE)
                    .takes(Content.BYTES)
                    .stores(201, "it is stored", Content.DESCRIPTION)
                    .stores(
                            202,
                            "it is stored, on fewer nodes than were asked for",
                            Content.PARTLY_REPLICATED)
                    .refuses(
                            BAD_NAME,
                            BAD_ATTRIBUTE,
                            BAD_MEDIA_TYPE,
                            BAD_DURATION,
                            BAD_DIGEST,
                            SIZE_MISMATCH,
                            TOO_LARGE,
                            DIGEST_MISMATCH,
                            QUOTA_EXCEEDED,
                            OUT_OF_MEMORY);
        }

        Row stores(int status, String says, Content content) {
            return answers(
                    status,
                    says,
                    content,
                    ResponseHeader.LOCATION,
                    ResponseHeader.ETAG,
                    ResponseHeader.ID);
        }

        Row gets() {
            ResponseHeader[] described = {
                ResponseHeader.ETAG,
                ResponseHeader.ID,
                ResponseHeader.ACCEPT_RANGES,
                ResponseHeader.CONTENT_ENCODING,
                ResponseHeader.REPR_DIGEST,
                ResponseHeader.ATTRIBUTE,
                ResponseHeader.CONTENT_TYPE_OPTIONS,
                ResponseHeader.CONTENT_SECURITY_POLICY
            };
            ResponseHeader[] part = Arrays.copyOf(described, described.length + 1);
            part[described.length] = ResponseHeader.CONTENT_RANGE;
            return says("The bytes as they came, of the media type that they were put with; or,"
                            + " with view=info, a description in JSON, which is no access. There"
                            + " are no replicas yet: object-lost does not occur.")
                    .query(QueryParameter.WAIT, QueryParameter.VIEW)
                    .headers(
                            RequestHeader.RANGE,
                            RequestHeader.IF_RANGE,
                            RequestHeader.IF_MATCH,
                            RequestHeader.IF_NONE_MATCH,
                            RequestHeader.WANT_REPR_DIGEST)
                    .answers(200, "the bytes", Content.BYTES, described)
                    .answers(200, "the description", Content.DESCRIPTION)
                    .answers(206, "one range of them", Content.BYTES, part)
                    .answers(206, "several ranges", Content.SEVERAL_RANGES, described)
                    .answers(
                            304,
                            "the caller has it already",
                            Content.NOTHING,
                            ResponseHeader.ETAG,
                            ResponseHeader.ID)
                    .refuses(RANGE_NOT_SATISFIABLE, PRECONDITION_FAILED)
                    .finds();
        }

        Row heads() {
            return says("What GET would answer, without the bytes; this is no access.")
                    .query(QueryParameter.WAIT)
                    .headers(
                            RequestHeader.IF_MATCH,
                            RequestHeader.IF_NONE_MATCH,
                            RequestHeader.WANT_REPR_DIGEST)
                    .refuses(PRECONDITION_FAILED)
                    .answers(
                            200,
                            "it is there",
                            Content.NOTHING,
                            ResponseHeader.ETAG,
                            ResponseHeader.ID,
                            ResponseHeader.ACCEPT_RANGES,
                            ResponseHeader.CONTENT_ENCODING,
                            ResponseHeader.REPR_DIGEST,
                            ResponseHeader.ATTRIBUTE,
                            ResponseHeader.CONTENT_TYPE_OPTIONS,
                            ResponseHeader.CONTENT_SECURITY_POLICY)
                    .answers(
                            304,
                            "the caller has it already",
                            Content.NOTHING,
                            ResponseHeader.ETAG,
                            ResponseHeader.ID)
                    .finds();
        }

        private Row finds() {
            return refuses(
                    BAD_DURATION,
                    OBJECT_NOT_FOUND,
                    OBJECT_LOST,
                    CORRUPT_OBJECT,
                    QUOTA_EXCEEDED,
                    Problem.TOO_MANY_PINS);
        }

        Row deletes() {
            return says("It is gone at once; its bytes are when the last pin is.")
                    .headers(RequestHeader.IF_MATCH)
                    .answers(204, "it is gone", Content.NOTHING)
                    .refuses(OBJECT_NOT_FOUND, PRECONDITION_FAILED);
        }

        Row maps() {
            return says("For callers on the node's host that read in place: see docs/mapping.md.")
                    .takes(Content.MAP)
                    .answers(
                            201,
                            "where the bytes lie, and until when",
                            Content.MAPPING,
                            ResponseHeader.LOCATION)
                    .refuses(NOT_CO_LOCATED, BODY_TOO_LARGE)
                    .finds();
        }
    }
}
