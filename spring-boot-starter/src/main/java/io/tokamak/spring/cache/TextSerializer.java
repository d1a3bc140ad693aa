package io.tokamak.spring.cache;

import io.tokamak.client.ObjectView;
import io.tokamak.objects.MediaType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** {@code String}, as UTF-8. */
final class TextSerializer implements CacheSerializer {
    private static final MediaType TEXT = new MediaType("text/plain;charset=utf-8");

    @Override
    public MediaType mediaType() {
        return TEXT;
    }

    @Override
    public boolean writes(Object value) {
        return value instanceof String;
    }

    /**
     * @throws IllegalArgumentException when the text has half of a character, which UTF-8 cannot
     *     say
     */
    @Override
    public MemorySegment write(Object value) {
        try {
            ByteBuffer bytes =
                    StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap((String) value));
            return MemorySegment.ofBuffer(bytes);
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("the text has an unpaired surrogate", e);
        }
    }

    @Override
    public Object read(ObjectView view) {
        return new String(view.segment().toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    }
}
