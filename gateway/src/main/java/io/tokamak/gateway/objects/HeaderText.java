package io.tokamak.gateway.objects;

import io.netty.util.AsciiString;
import io.tokamak.objects.InvalidRequest;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Text of any script in header values: its UTF-8, where the server's headers show bytes. */
final class HeaderText {
    private HeaderText() {}

    /**
     * The text of a value as it was received, a character for each byte.
     *
     * @throws InvalidRequest {@code bad-attribute} when it is not UTF-8
     */
    static String decode(String received) {
        byte[] bytes = received.getBytes(StandardCharsets.ISO_8859_1);
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw new InvalidRequest(
                    InvalidRequest.BAD_ATTRIBUTE,
                    "an attribute is not UTF-8",
                    "send the UTF-8 bytes of its text");
        }
    }

    /** A value to be sent byte for byte. */
    static AsciiString encode(String text) {
        return new AsciiString(text.getBytes(StandardCharsets.UTF_8), false);
    }
}
