package io.tokamak.values;

import io.tokamak.objects.MediaType;
import java.util.List;

/**
 * What a value would be stored as. Its text is a tree.
 *
 * @param sizeBytes of the object, without its metadata
 */
public record Inspection(MediaType mediaType, long sizeBytes, Part root) {
    /**
     * A part of a value.
     *
     * @param label of the part in the whole: {@code lines[3].price}
     * @param how {@code in place} when it is read where it lies, {@code copied when read}, {@code
     *     in the stream} when it is made anew, {@code the same as …} when it is stored once already
     * @param sizeBytes outside of the stream; negative: not told apart
     */
    public record Part(String label, String type, String how, long sizeBytes, List<Part> parts) {
        public Part {
            parts = List.copyOf(parts);
        }

        public Part(String label, String type, String how, long sizeBytes) {
            this(label, type, how, sizeBytes, List.of());
        }

        private void write(String indent, StringBuilder out) {
            out.append('\n').append(indent).append(label).append(": ").append(type);
            out.append(' ').append(how);
            if (sizeBytes >= 0) {
                out.append(", ").append(bytes(sizeBytes));
            }
            for (Part part : parts) {
                part.write(indent + "  ", out);
            }
        }
    }

    private static String bytes(long count) {
        return "%,d bytes".formatted(count);
    }

    @Override
    public String toString() {
        StringBuilder out = new StringBuilder();
        out.append(mediaType).append(", ").append(bytes(sizeBytes));
        root.write("", out);
        return out.toString();
    }
}
