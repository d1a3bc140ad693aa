package io.tokamak.gateway.objects;

import io.tokamak.gateway.node.GatewayProperties;
import io.tokamak.objects.InvalidRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ServerWebExchange;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads requests whose body is a small JSON object. */
@Component
public final class JsonRequests {
    private static final int BYTES_MAX = 16 << 10;

    private final GatewayProperties properties;
    private final JsonMapper mapper;

    JsonRequests(GatewayProperties properties, JsonMapper mapper) {
        this.properties = properties;
        this.mapper = mapper;
    }

    /**
     * Reads the body, in a thread that may block. An empty body is an empty object.
     *
     * @param known fields that may be in it
     * @throws InvalidRequest {@code bad-parameter} when it is no JSON object, {@code
     *     unknown-parameter}
     * @throws Refusal {@code too-large}, or {@code upload-timeout} when it does not come in time
     */
    public JsonNode read(ServerWebExchange exchange, List<String> known) {
        Body body = new Body(exchange.getRequest().getBody(), properties.uploadTimeout());
        try {
            return parse(body.readAll(BYTES_MAX), known);
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
