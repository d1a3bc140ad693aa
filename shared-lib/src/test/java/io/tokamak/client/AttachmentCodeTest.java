package io.tokamak.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.util.Objects;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The code of a get")
class AttachmentCodeTest {
    /** HotSpot's FreqInlineSize: what is longer is never inlined. */
    private static final int INLINED_BYTES_MAX = 325;

    @Test
    @DisplayName(
            "is in two parts: the view's, short enough to become part of the caller, and the pin's,"
                    + " too long to become part of that")
    void twoParts() throws IOException {
        assertThat(codeBytes(Attachment.class, "pin", "Pinned;)Z"))
                .isGreaterThan(INLINED_BYTES_MAX);
        assertThat(codeBytes(MappedClient.class, "get", "ObjectId;Lio/tokamak/objects/Deadline;)"))
                .isLessThan(64);
    }

    private static int codeBytes(Class<?> type, String name, String inDescriptor)
            throws IOException {
        String file = "/" + type.getName().replace('.', '/') + ".class";
        try (InputStream in = Objects.requireNonNull(type.getResourceAsStream(file))) {
            MethodModel method =
                    ClassFile.of().parse(in.readAllBytes()).methods().stream()
                            .filter(m -> m.methodName().equalsString(name))
                            .filter(m -> m.methodType().stringValue().contains(inDescriptor))
                            .findFirst()
                            .orElseThrow();
            return ((CodeAttribute) method.code().orElseThrow()).codeLength();
        }
    }
}
