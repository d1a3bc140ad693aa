package io.tokamak.spring.cache;

import io.tokamak.client.ObjectView;
import io.tokamak.objects.MediaType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** {@code byte[]}, copied to the heap by each get. */
final class BytesSerializer implements CacheSerializer {
    @Override
    public MediaType mediaType() {
        return MediaType.OCTET_STREAM;
    }

    @Override
    public boolean writes(Object value) {
        return value instanceof byte[];
    }

    @Override
    public MemorySegment write(Object value) {
        return MemorySegment.ofArray((byte[]) value);
    }

    @Override
    public Object read(ObjectView view) {
        return view.segment().toArray(ValueLayout.JAVA_BYTE);
    }
}
