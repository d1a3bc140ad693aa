package io.tokamak.gateway.openapi;

import io.swagger.v3.oas.models.media.JsonSchema;
import io.swagger.v3.oas.models.media.MediaType;
import io.swagger.v3.oas.models.media.Schema;
import io.tokamak.gateway.objects.Content;
import io.tokamak.gateway.objects.PathVariable;
import io.tokamak.gateway.objects.Problem;
import io.tokamak.gateway.objects.QueryParameter;
import io.tokamak.gateway.objects.ResponseHeader;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** JSON schemas of what is sent and answered, each with an example. */
final class Schemas {
    private static final String ID = "01000000070000000500000000000001";
    private static final String TIME = "2026-01-01T00:00:00Z";

    /** A number and its unit. What else is taken, ISO 8601 above all, the descriptions say. */
    private static final String DURATION = "^[1-9][0-9]{0,3}(ms|s|m|h|d)$";

    /** At most five minutes. */
    private static final String WAIT = "^([0-9]{1,5}ms|[0-9]{1,2}s|[0-5]m)$";

    private static final String NAMESPACE = "^[a-z0-9][a-z0-9._-]{0,62}$";

    private Schemas() {}

    // ---- parts

    private static JsonSchema type(String name) {
        JsonSchema schema = new JsonSchema();
        schema.addType(name);
        return schema;
    }

    static Schema<?> string() {
        return type("string");
    }

    private static Schema<?> oneOf(List<String> values) {
        JsonSchema schema = type("string");
        schema.setEnum(List.copyOf(values));
        return schema;
    }

    private static Schema<?> integer() {
        return type("integer").format("int64").minimum(BigDecimal.ZERO);
    }

    private static Schema<?> number(int min, int max, int otherwise) {
        JsonSchema schema = type("integer");
        schema.setMinimum(BigDecimal.valueOf(min));
        schema.setMaximum(BigDecimal.valueOf(max));
        schema.setDefault(otherwise);
        return schema;
    }

    private static Schema<?> orNull(Schema<?> schema) {
        return schema.typesItem("null");
    }

    private static Schema<?> time() {
        return string().format("date-time");
    }

    private static Schema<?> duration() {
        return string().pattern(DURATION);
    }

    private static Schema<?> id() {
        return string().pattern("^[0-9a-f]{32}$");
    }

    private static Schema<?> array(Schema<?> items) {
        JsonSchema schema = type("array");
        schema.setItems(items);
        return schema;
    }

    private static Schema<?> ref(String name) {
        return new JsonSchema().$ref("#/components/schemas/" + name);
    }

    /** An object with these fields and no others, all of them always there. */
    static Schema<?> orAnything(Schema<?> schema) {
        return new JsonSchema()
                .anyOf(List.of(schema, new JsonSchema().description("an object of this type")));
    }

    private static Schema<?> object(SequencedMap<String, Schema<?>> fields) {
        Schema<?> schema = open(fields);
        schema.setAdditionalProperties(false);
        return schema;
    }

    /** An object with these fields, all of them always there, and perhaps others. */
    private static Schema<?> open(SequencedMap<String, Schema<?>> fields) {
        Schema<?> schema = type("object");
        fields.forEach(schema::addProperty);
        schema.setRequired(List.copyOf(fields.keySet()));
        return schema;
    }

    private static Fields fields() {
        return new Fields();
    }

    /** Fields in the order in which they are written. */
    private static final class Fields extends LinkedHashMap<String, Schema<?>> {
        private static final long serialVersionUID = 1;

        Fields with(String name, Schema<?> schema) {
            put(name, schema);
            return this;
        }
    }

    // ---- parameters and headers

    static Schema<?> of(PathVariable variable) {
        return switch (variable) {
            case ID -> string().pattern("^[0-9A-Fa-f]{32}$");
            case NAMESPACE -> string().pattern(NAMESPACE);
            case KEY -> string().minLength(1).maxLength(1024);
            case GROUP -> string().minLength(1).maxLength(255);
            case NODE, MAPPING -> string().pattern("^[^/:]+$");
        };
    }

    static Schema<?> of(QueryParameter parameter) {
        return switch (parameter.kind()) {
            case DURATION -> duration();
            case WAIT -> string().pattern(WAIT);
            case REPLICAS -> number(1, 16, 1);
            case LIMIT -> number(1, 1000, 100);
            case VIEW -> oneOf(List.of("info"));
            case NAMESPACE -> string().pattern(NAMESPACE);
            case TEXT -> string();
        };
    }

    /** Of the right type. */
    static Object example(QueryParameter parameter) {
        return switch (parameter.kind()) {
            case REPLICAS, LIMIT -> Integer.valueOf(parameter.example());
            default -> parameter.example();
        };
    }

    static Schema<?> of(ResponseHeader header) {
        return header == ResponseHeader.RETRY_AFTER ? integer() : string();
    }

    // ---- bodies

    /** Any bytes, as a file. */
    static MediaType upload() {
        return new MediaType().schema(string().format("binary"));
    }

    static MediaType mediaType(Content content) {
        return switch (content) {
            case NOTHING -> new MediaType();
            case BYTES -> new MediaType().schema(new JsonSchema()); // whatever was put
            case SEVERAL_RANGES -> new MediaType().schema(string());
            case EVENTS ->
                    new MediaType()
                            .schema(string())
                            .example(
                                    """
                                    id: 8
                                    event: sealed
                                    data: {"id": "%s", "namespace": null, "key": null, "size": 5, "mediaType": "text/plain", "time": "%s"}

                                    """
                                            .formatted(ID, TIME));
            case DESCRIPTION -> json("Object", description());
            case PARTLY_REPLICATED -> {
                Map<String, Object> example = new LinkedHashMap<>(description());
                example.put("asked", 2);
                example.put("reached", 1);
                yield json("PartlyReplicated", example);
            }
            case PAGE -> {
                Map<String, Object> listed = new LinkedHashMap<>(description());
                listed.remove("pins");
                Map<String, Object> example = new LinkedHashMap<>();
                example.put("objects", List.of(listed));
                example.put("cursor", null);
                yield json("Page", example);
            }
            case WAIT ->
                    json(
                            "Wait",
                            Map.of(
                                    "ids",
                                    List.of(ID),
                                    "names",
                                    List.of(Map.of("namespace", "docs", "key", "readme")),
                                    "count",
                                    1,
                                    "timeout",
                                    "100ms"));
            case WAIT_RESULT ->
                    json("WaitResult", Map.of("ready", List.of(), "pending", List.of(name())));
            case DELETED -> json("Deleted", Map.of("deleted", 3));
            case MAP -> json("Map", Map.of("nonce", "0".repeat(32), "ttl", "30s"));
            case RENEWAL -> json("Renewal", Map.of("ttl", "30s"));
            case MAPPING ->
                    json(
                            "Mapping",
                            Map.of(
                                    "mapping",
                                    PathVariable.MAPPING.example(),
                                    "folder",
                                    "/dev/shm/tokamak/node-1",
                                    "file",
                                    "pool",
                                    "offset",
                                    4096,
                                    "length",
                                    5,
                                    "expires",
                                    TIME));
            case RELEASED -> json("Released", Map.of("mapping", PathVariable.MAPPING.example()));
            case NODES -> json("Nodes", Map.of("nodes", List.of(node())));
            case NODE -> json("Node", node());
        };
    }

    private static MediaType json(String schema, Object example) {
        return new MediaType().schema(ref(schema)).example(example);
    }

    private static Map<String, Object> name() {
        Map<String, Object> name = new LinkedHashMap<>();
        name.put("id", ID);
        name.put("namespace", null);
        name.put("key", null);
        return name;
    }

    private static Map<String, Object> description() {
        Map<String, Object> example = new LinkedHashMap<>(name());
        example.put("size", 5);
        example.put("mediaType", "text/plain");
        example.put("created", TIME);
        example.put("expires", null);
        example.put("home", "node-1");
        example.put("etag", "\"" + ID + "-0\"");
        example.put("attributes", Map.of("colour", "red"));
        example.put("group", null);
        example.put("lifetime", Map.of("kind", "idle", "idle", "1d"));
        example.put("locations", List.of(Map.of("node", "node-1")));
        example.put("pins", List.of());
        return example;
    }

    private static Map<String, Object> node() {
        Map<String, Object> pool = new LinkedHashMap<>();
        for (String field : POOL) {
            pool.put(field, 0);
        }
        Map<String, Object> node = new LinkedHashMap<>();
        node.put("id", "node-1");
        node.put("storeNumber", 7);
        node.put("state", "ready");
        node.put("address", "10.0.0.7:5701");
        node.put("startedAt", TIME);
        node.put("pool", pool);
        node.put("objects", 0);
        node.put("sessions", List.of());
        node.put("folder", "/dev/shm/tokamak/node-1");
        return node;
    }

    // ---- the schemas by name

    private static final List<String> POOL =
            List.of(
                    "capacity",
                    "live",
                    "free",
                    "leased",
                    "condemned",
                    "withheld",
                    "pinned",
                    "spilled");

    /** A problem with one of these codes, and the numbers that they may bring. */
    static Schema<?> problem(List<Problem> problems) {
        List<String> codes = problems.stream().map(Problem::code).distinct().toList();
        Schema<?> own = open(fields().with("code", oneOf(codes)));
        SequencedMap<String, JsonSchema> numbers = new LinkedHashMap<>();
        for (Problem problem : problems) {
            problem.numbers()
                    .forEach(
                            (name, value) ->
                                    numbers.computeIfAbsent(name, _ -> new JsonSchema())
                                            .addType(kind(value)));
        }
        numbers.forEach(own::addProperty);
        return new JsonSchema().allOf(List.of(ref("Problem"), own));
    }

    private static String kind(Object value) {
        return switch (value) {
            case Number _ -> "integer";
            case List<?> _ -> "array";
            default -> "string";
        };
    }

    @SuppressWarnings("rawtypes") // as the document wants it
    static Map<String, Schema> all() {
        Map<String, Schema> all = new LinkedHashMap<>();
        all.put(
                "Problem",
                open(
                        fields().with("type", string().format("uri"))
                                .with("title", string())
                                .with("status", integer())
                                .with("detail", string())
                                .with("code", string())
                                .with("remedy", string())));
        all.put(
                "Name",
                object(
                        fields().with("id", id())
                                .with("namespace", orNull(string()))
                                .with("key", orNull(string()))));
        all.put("Listed", optional(object(listed()), "contentEncoding", string()));
        all.put(
                "Object",
                optional(
                        object(listed().with("pins", array(ref("Pin")))),
                        "contentEncoding",
                        string()));
        all.put(
                "PartlyReplicated",
                new JsonSchema()
                        .allOf(
                                List.of(
                                        open(
                                                fields().with("id", id())
                                                        .with("asked", integer())
                                                        .with("reached", integer())))));
        all.put(
                "Lifetime",
                optional(
                        object(fields().with("kind", string())),
                        "idle",
                        string(),
                        "ttl",
                        string(),
                        "until",
                        time(),
                        "session",
                        string()));
        all.put("Location", object(fields().with("node", string())));
        all.put(
                "Pin",
                object(
                        fields().with("session", string())
                                .with("process", integer())
                                .with("language", string())
                                .with("name", string())
                                .with("since", time())
                                .with("count", integer())));
        all.put(
                "Page",
                object(
                        fields().with("objects", array(ref("Listed")))
                                .with("cursor", orNull(string()))));
        Schema<?> waited =
                optional(
                        object(fields()),
                        "ids",
                        orNull(array(string().pattern("^[0-9A-Fa-f]{32}$"))),
                        "names",
                        orNull(
                                array(
                                        optional(
                                                object(
                                                        fields().with(
                                                                        "key",
                                                                        string().minLength(1)
                                                                                .maxLength(1024))),
                                                "namespace",
                                                orNull(string().pattern(NAMESPACE))))),
                        "count",
                        orNull(integer()),
                        "timeout",
                        orNull(string().pattern(WAIT)));
        all.put("Wait", waited);
        all.put(
                "WaitResult",
                object(
                        fields().with("ready", array(ref("Name")))
                                .with("pending", array(ref("Name")))));
        all.put("Deleted", object(fields().with("deleted", integer())));
        all.put(
                "Map",
                optional(object(fields().with("nonce", string())), "ttl", orNull(duration())));
        all.put("Renewal", optional(object(fields()), "ttl", orNull(duration())));
        all.put(
                "Mapping",
                object(
                        fields().with("mapping", string())
                                .with("folder", string())
                                .with("file", string())
                                .with("offset", integer())
                                .with("length", integer())
                                .with("expires", time())));
        all.put("Released", object(fields().with("mapping", string())));
        Fields pool = fields();
        POOL.forEach(field -> pool.with(field, integer()));
        all.put("Pool", object(pool));
        all.put(
                "Session",
                object(
                        fields().with("session", string())
                                .with("process", integer())
                                .with("language", string())
                                .with("name", string())
                                .with("since", time())
                                .with("fenced", type("boolean"))
                                .with("pins", integer())
                                .with("pinned", integer())
                                .with("leased", integer())));
        all.put(
                "Node",
                optional(
                        object(
                                fields().with("id", string())
                                        .with("storeNumber", integer())
                                        .with("state", string())
                                        .with("address", orNull(string()))
                                        .with("startedAt", time())
                                        .with("pool", ref("Pool"))
                                        .with("objects", integer())
                                        .with("sessions", array(ref("Session")))),
                        "folder",
                        string()));
        all.put("Nodes", object(fields().with("nodes", array(ref("Node")))));
        return all;
    }

    private static Schema<?> attributes() {
        Schema<?> attributes = type("object");
        attributes.setAdditionalProperties(string());
        return attributes;
    }

    private static Fields listed() {
        return fields().with("id", id())
                .with("namespace", orNull(string()))
                .with("key", orNull(string()))
                .with("size", integer())
                .with("mediaType", string())
                .with(
                        "created",
                        time().description(
                                        "when it was sealed, by the node's clock; in the answer of"
                                                + " a put without a name, when it was committed,"
                                                + " which may be some tens of milliseconds before"))
                .with("expires", orNull(time()))
                .with("home", string())
                .with("etag", string())
                .with("attributes", attributes())
                .with("group", orNull(string()))
                .with("lifetime", ref("Lifetime"))
                .with("locations", array(ref("Location")));
    }

    /** Fields that may be left out: names and schemas in turn. */
    private static Schema<?> optional(Schema<?> object, Object... more) {
        for (int i = 0; i < more.length; i += 2) {
            object.addProperty((String) more[i], (Schema<?>) more[i + 1]);
        }
        return object;
    }
}
