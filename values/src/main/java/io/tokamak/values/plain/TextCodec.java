package io.tokamak.values.plain;

import io.tokamak.objects.MediaType;
import io.tokamak.values.Body;
import io.tokamak.values.Codec;
import io.tokamak.values.Encoded;
import io.tokamak.values.MediaTypes;
import io.tokamak.values.NotSerializable;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Text, stored as UTF-8; read in any charset that the media type names. */
public final class TextCodec implements Codec {
    @Override
    public Set<String> mediaTypes() {
        return Set.of(MediaTypes.TEXT.essence());
    }

    @Override
    public boolean isFor(Class<?> type) {
        return type == String.class;
    }

    @Override
    public Encoded encode(Object value, @Nullable MediaType asked) {
        if (!(value instanceof CharSequence text)) {
            throw new NotSerializable(
                    "value: " + value.getClass().getTypeName() + " is no text",
                    "put its toString(), or leave the media type out");
        }
        try {
            ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
            byte[] exact = new byte[bytes.remaining()];
            bytes.get(exact);
            return Encoded.of(MediaTypes.TEXT, exact);
        } catch (CharacterCodingException e) {
            throw new NotSerializable(
                    "value: text with an unpaired surrogate has no UTF-8 form",
                    "encode it yourself and put the bytes",
                    e);
        }
    }

    @Override
    public Object decode(Body body, Class<?> type) {
        if (!type.isAssignableFrom(String.class)) {
            throw body.cannotBe(type, String.class);
        }
        String named = MediaTypes.parameter(body.mediaType(), "charset", "utf-8");
        try {
            ByteBuffer bytes = ByteBuffer.wrap(body.toBytes());
            return Charset.forName(named).newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException
                | IllegalCharsetNameException
                | UnsupportedCharsetException e) {
            throw body.malformed("its bytes are not " + named + ": " + e);
        }
    }
}
