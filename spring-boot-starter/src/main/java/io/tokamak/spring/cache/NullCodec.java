package io.tokamak.spring.cache;

import io.tokamak.objects.MediaType;
import io.tokamak.values.Body;
import io.tokamak.values.Codec;
import io.tokamak.values.Encoded;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.cache.support.NullValue;

/** A null that is cached: an object without bytes. */
final class NullCodec implements Codec {
    private static final MediaType NULL = new MediaType("application/x-tokamak-null");

    @Override
    public Set<String> mediaTypes() {
        return Set.of(NULL.essence());
    }

    @Override
    public boolean isFor(Class<?> type) {
        return type == NullValue.class;
    }

    @Override
    public Encoded encode(Object value, @Nullable MediaType asked) {
        return Encoded.of(NULL, new byte[0]);
    }

    @Override
    public Object decode(Body body, Class<?> type) {
        return NullValue.INSTANCE;
    }
}
