package io.tokamak.values.plain;

import io.tokamak.objects.MediaType;
import io.tokamak.values.Body;
import io.tokamak.values.Codec;
import io.tokamak.values.DecodeException;
import io.tokamak.values.Encoded;
import io.tokamak.values.MediaTypes;
import io.tokamak.values.NotSerializable;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * JSON by Jackson: {@link JsonNode} by itself, anything else that Jackson writes when {@code
 * application/json} is asked for. It is read into the class that the caller names; which classes to
 * make is never read from the bytes, unless the given mapper says so.
 */
public final class JsonCodec implements Codec {
    private static final String NODE = "node";
    private static final MediaType OF_NODE = MediaTypes.ofJava(MediaTypes.JSON, NODE);

    private final JsonMapper mapper;

    public JsonCodec() {
        this(JsonMapper.builder().build());
    }

    /**
     * @param mapper with the modules and limits that the program wants
     */
    public JsonCodec(JsonMapper mapper) {
        this.mapper = mapper;
    }

    @Override
    public Set<String> mediaTypes() {
        return Set.of(MediaTypes.JSON.essence());
    }

    @Override
    public boolean isFor(Class<?> type) {
        return JsonNode.class.isAssignableFrom(type);
    }

    @Override
    public Encoded encode(Object value, @Nullable MediaType asked) {
        try {
            boolean isNode = asked == null && value instanceof JsonNode;
            return Encoded.of(isNode ? OF_NODE : MediaTypes.JSON, mapper.writeValueAsBytes(value));
        } catch (JacksonException e) {
            throw new NotSerializable(
                    "value%s: %s has no JSON form: %s"
                            .formatted(
                                    path(e),
                                    value.getClass().getTypeName(),
                                    e.getOriginalMessage()),
                    "leave the media type out: then it is stored as a graph",
                    e);
        }
    }

    private static String path(JacksonException e) {
        StringBuilder path = new StringBuilder();
        for (JacksonException.Reference step : e.getPath()) {
            String name = step.getPropertyName();
            path.append(name == null ? "[" + step.getIndex() + "]" : "." + name);
        }
        return path.toString();
    }

    @Override
    public Object decode(Body body, Class<?> type) {
        try {
            boolean isNode = type == Object.class && MediaTypes.isOfJava(body.mediaType(), NODE);
            Class<?> wanted = isNode ? JsonNode.class : type;
            Object value = mapper.readValue(body.toBytes(), wanted);
            if (value == null) {
                throw new DecodeException(
                        "the JSON is null, which is no " + type.getTypeName(),
                        "read it as " + JsonNode.class.getTypeName(),
                        null);
            }
            return value;
        } catch (JacksonException e) {
            throw DecodeException.malformed(
                    body.mediaType(),
                    "as %s%s: %s".formatted(type.getTypeName(), path(e), e.getOriginalMessage()),
                    e);
        }
    }
}
