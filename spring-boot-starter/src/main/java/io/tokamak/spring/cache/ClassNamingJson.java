package io.tokamak.spring.cache;

import io.tokamak.objects.MediaType;
import io.tokamak.values.Body;
import io.tokamak.values.Codec;
import io.tokamak.values.Encoded;
import io.tokamak.values.MediaTypes;
import io.tokamak.values.NotSerializable;
import io.tokamak.values.plain.JsonCodec;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DatabindContext;
import tools.jackson.databind.DefaultTyping;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.jsontype.BasicPolymorphicTypeValidator;

/**
 * Values that no other codec takes, as JSON that says what to make of it: where a value is declared
 * as no more than {@code Object}, such as the value itself, it names the class in {@code @class}.
 * On reading only classes of the trusted packages are made, and plain ones of the JDK: who can
 * write into the store does not choose what runs in this program.
 *
 * <p>JSON that names no classes is read as by {@link JsonCodec}.
 */
final class ClassNamingJson implements Codec {
    private static final String TYPING = "typing";
    private static final String BY_CLASS = "class";
    private static final MediaType NAMING =
            new MediaType(MediaTypes.JSON + ";" + TYPING + "=" + BY_CLASS);
    private static final Set<String> PLAIN_PACKAGES =
            Set.of("java.lang", "java.math", "java.time", "java.util");

    private final JsonCodec plain;
    private final JsonMapper naming;

    /**
     * @param programs mapper, with its modules
     * @param packages whose classes are trusted, with all packages below
     */
    ClassNamingJson(JsonMapper programs, List<String> packages) {
        BasicPolymorphicTypeValidator.Builder trusted =
                BasicPolymorphicTypeValidator.builder()
                        .allowIfSubType(
                                new BasicPolymorphicTypeValidator.TypeMatcher() {
                                    @Override
                                    public boolean match(DatabindContext context, Class<?> type) {
                                        return isPlain(type);
                                    }
                                })
                        .allowIfSubTypeIsArray();
        for (String name : packages) {
            trusted.allowIfSubType(name + ".");
        }
        plain = new JsonCodec(programs);
        naming =
                programs.rebuild()
                        .activateDefaultTypingAsProperty(
                                trusted.build(), DefaultTyping.JAVA_LANG_OBJECT, "@class")
                        .build();
    }

    /** Values and collections; what else is in these packages can do things. */
    private static boolean isPlain(Class<?> type) {
        return PLAIN_PACKAGES.contains(type.getPackageName())
                && (Number.class.isAssignableFrom(type)
                        || Iterable.class.isAssignableFrom(type)
                        || Map.class.isAssignableFrom(type)
                        || Comparable.class.isAssignableFrom(type));
    }

    @Override
    public Set<String> mediaTypes() {
        return plain.mediaTypes();
    }

    @Override
    public boolean isFor(Class<?> type) {
        return true;
    }

    @Override
    public Encoded encode(Object value, @Nullable MediaType asked) {
        if (value instanceof JsonNode) {
            return plain.encode(value, asked);
        }
        try {
            return Encoded.of(NAMING, naming.writerFor(Object.class).writeValueAsBytes(value));
        } catch (JacksonException e) {
            throw new NotSerializable(
                    "value: %s has no JSON form: %s"
                            .formatted(value.getClass().getTypeName(), e.getOriginalMessage()),
                    "declare a bean GraphCodec.of(its classes), or another Codec",
                    e);
        }
    }

    @Override
    public Object decode(Body body, Class<?> type) {
        String typing = MediaTypes.parameter(body.mediaType(), TYPING, "");
        if (!typing.equals(BY_CLASS)) {
            return plain.decode(body, type);
        }
        Object value = naming.readValue(body.toBytes(), Object.class);
        if (value == null) {
            throw body.malformed("it is null");
        }
        return value;
    }
}
