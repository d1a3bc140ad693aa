package io.tokamak.spring.cache;

import io.tokamak.client.ObjectView;
import io.tokamak.objects.MediaType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.DatabindContext;
import tools.jackson.databind.DefaultTyping;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.jsontype.BasicPolymorphicTypeValidator;

/**
 * Every other value, as JSON by the program's Jackson. Where a value is declared as no more than
 * {@code Object}, such as the value itself, its JSON names the class in {@code @class}. On reading
 * only classes of the trusted packages are made, and plain ones of the JDK: who can write into the
 * store does not choose what runs in this program.
 */
final class JsonSerializer implements CacheSerializer {
    private static final MediaType JSON = new MediaType("application/json;typing=class");
    private static final Set<String> PLAIN_PACKAGES =
            Set.of("java.lang", "java.math", "java.time", "java.util");

    private final JsonMapper mapper;

    /**
     * @param packages whose classes are trusted, with all packages below
     */
    JsonSerializer(JsonMapper programs, List<String> packages) {
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
        mapper =
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
                        || java.util.Map.class.isAssignableFrom(type)
                        || Comparable.class.isAssignableFrom(type));
    }

    @Override
    public MediaType mediaType() {
        return JSON;
    }

    @Override
    public boolean writes(Object value) {
        return true;
    }

    @Override
    public MemorySegment write(Object value) {
        JavaType any = mapper.constructType(Object.class);
        return MemorySegment.ofArray(mapper.writerFor(any).writeValueAsBytes(value));
    }

    @Override
    public Object read(ObjectView view) {
        return mapper.readValue(view.segment().toArray(ValueLayout.JAVA_BYTE), Object.class);
    }
}
