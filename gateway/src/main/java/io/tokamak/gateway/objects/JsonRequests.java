package io.tokamak.gateway.objects;

import io.tokamak.gateway.node.GatewayProperties;
import io.tokamak.objects.InvalidRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.springframework.stereotype.Component;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads requests whose body is a small JSON object. */
@Component
public final class JsonRequests {
    /** Of a document that has no list. */
    public static final int SMALL_BYTES_MAX = 16 << 10;

    private final GatewayProperties properties;
    private final JsonMapper mapper;

    JsonRequests(GatewayProperties properties, JsonMapper mapper) {
        this.properties = properties;
        this.mapper = mapper.rebuild().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
    }

    /**
     * Reads query and body, in a thread that may block. An empty body is an empty object.
     *
     * @param bytesMax that the body may have
     * @param known fields that may be in it
     * @throws InvalidRequest {@code bad-parameter} when it is no JSON object, {@code
     *     unknown-parameter}
     * @throws Refusal {@code too-large}, or {@code upload-timeout} when it does not come in time
     */
    public JsonNode read(CallRequest request, int bytesMax, List<String> known) {
        Body body = new Body(request.http(), properties);
        try {
            var _ = request.parameters(); // its rules
            return parse(body.readAll(bytesMax), known);
        } finally {
            body.close();
        }
    }

    private JsonNode parse(byte[] json, List<String> known) {
        if (new String(json, StandardCharsets.UTF_8).isBlank()) {
            return mapper.createObjectNode();
        }
        String remedy = "send {" + String.join(", ", known) + "}";
        try {
            JsonNode document = mapper.readTree(json);
            if (!document.isObject()) {
                throw Parameters.bad("body", "is no JSON object", remedy);
            }
            for (String field : document.propertyNames()) {
                Parameters.checkKnown(field, known);
            }
            return document;
        } catch (JacksonException e) {
            throw Parameters.bad("body", "is no JSON: " + e.getOriginalMessage(), remedy);
        }
    }
}
