package io.tokamak.gateway.objects;

import io.tokamak.gateway.node.GatewayProperties;
import io.tokamak.gateway.node.UploadSlots;
import io.tokamak.objects.InvalidRequest;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
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

    /** A body that is longer counts as an upload: it takes the heap several times its length. */
    private static final int WITHOUT_SLOT_BYTES_MAX = 64 << 10;

    private final GatewayProperties properties;
    private final UploadSlots slots;
    private final JsonMapper mapper;

    JsonRequests(GatewayProperties properties, UploadSlots slots, JsonMapper mapper) {
        this.properties = properties;
        this.slots = slots;
        this.mapper = mapper.rebuild().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
    }

    /**
     * Reads query and body, in a thread that may block. An empty body is an empty object.
     *
     * @param bytesMax that the body may have
     * @param known fields that may be in it
     * @throws InvalidRequest {@code bad-parameter} when it is no JSON object, {@code
     *     unknown-parameter}
     * @throws io.tokamak.objects.QuotaExceeded when it is long, and there are too many uploads
     * @throws Refusal {@code too-large}, or {@code upload-timeout} when it does not come in time
     */
    public JsonNode read(CallRequest request, int bytesMax, List<String> known) {
        Body body = new Body(request.http(), properties);
        UploadSlots.Slot slot = null;
        try {
            var _ = request.parameters(); // its rules
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            for (DataBuffer buffer = body.next(); buffer != null; buffer = body.next()) {
                try {
                    if (body.received() > bytesMax) {
                        throw Refusal.tooLarge(bytesMax);
                    }
                    if (slot == null && body.received() > WITHOUT_SLOT_BYTES_MAX) {
                        slot = slots.take();
                    }
                    byte[] part = new byte[buffer.readableByteCount()];
                    buffer.read(part);
                    bytes.writeBytes(part);
                } finally {
                    DataBufferUtils.release(buffer);
                }
            }
            return parse(bytes.toByteArray(), known);
        } finally {
            body.close();
            if (slot != null) {
                slot.close();
            }
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
