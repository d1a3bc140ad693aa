package io.tokamak.spring.cache;

import io.tokamak.client.ObjectView;
import io.tokamak.objects.MediaType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.cache.support.NullValue;

/** All serializers of a program, those of its own before the built-in ones. Immutable. */
final class CacheSerializers {
    private final List<CacheSerializer> inOrder;
    private final Map<MediaType, CacheSerializer> byMediaType = new LinkedHashMap<>();

    /**
     * @param own of the program, in their order
     * @param others for what the built-in ones do not write, such as JSON
     * @throws IllegalArgumentException when two mark their objects alike
     */
    CacheSerializers(List<CacheSerializer> own, List<CacheSerializer> others) {
        List<CacheSerializer> all = new ArrayList<>();
        all.add(new Nothing());
        all.addAll(own);
        all.add(new BytesSerializer());
        all.add(new TextSerializer());
        all.add(InPlaceSerializer.ofSegments());
        all.add(InPlaceSerializer.ofBuffers());
        all.addAll(others);
        inOrder = List.copyOf(all);
        for (CacheSerializer serializer : inOrder) {
            CacheSerializer before = byMediaType.putIfAbsent(serializer.mediaType(), serializer);
            if (before != null) {
                throw new IllegalArgumentException(
                        "two cache serializers are of media type %s: %s and %s"
                                .formatted(serializer.mediaType(), before, serializer));
            }
        }
    }

    /**
     * @throws IllegalArgumentException when none writes such a value
     */
    CacheSerializer of(Object value) {
        for (CacheSerializer serializer : inOrder) {
            if (serializer.writes(value)) {
                return serializer;
            }
        }
        throw new IllegalArgumentException(
                "no cache serializer writes a %s: add Jackson to the class path, or a bean of type %s"
                        .formatted(value.getClass().getName(), CacheSerializer.class.getName()));
    }

    /**
     * @throws IllegalStateException when none reads such an object
     */
    Object read(ObjectView view) {
        MediaType mediaType = view.metadata().mediaType();
        CacheSerializer serializer = byMediaType.get(mediaType);
        if (serializer == null) {
            throw new IllegalStateException(
                    "no cache serializer reads %s, the media type of %s; there are: %s"
                            .formatted(mediaType, view.metadata().name(), byMediaType.keySet()));
        }
        return serializer.read(view);
    }

    /** A null that is cached: an object without bytes. */
    private static final class Nothing implements CacheSerializer {
        private static final MediaType NULL = new MediaType("application/x-tokamak-null");

        @Override
        public MediaType mediaType() {
            return NULL;
        }

        @Override
        public boolean writes(Object value) {
            return NullValue.INSTANCE.equals(value);
        }

        @Override
        public MemorySegment write(Object value) {
            return MemorySegment.NULL;
        }

        @Override
        public Object read(ObjectView view) {
            return NullValue.INSTANCE;
        }
    }
}
