package io.tokamak.values;

import io.tokamak.objects.MediaType;
import java.util.Set;

/** What the bytes of a value are. The Python client has the same ones. */
public final class MediaTypes {
    public static final MediaType OCTET_STREAM = MediaType.OCTET_STREAM;
    public static final MediaType TEXT = new MediaType("text/plain; charset=utf-8");
    public static final MediaType JSON = new MediaType("application/json");

    /** One array, as NumPy writes it. */
    public static final MediaType NPY = new MediaType("application/x-npy");

    /** Several arrays by name. */
    public static final MediaType SAFETENSORS = new MediaType("application/x-safetensors");

    /** A table, as an Arrow IPC stream. */
    public static final MediaType ARROW_STREAM =
            new MediaType("application/vnd.apache.arrow.stream");

    /** Any Java value: an Apache Fory stream with its buffers beside it. */
    public static final MediaType FORY = new MediaType("application/vnd.tokamak.fory");

    /** Any Python value; read by Python alone. */
    public static final MediaType PICKLE = new MediaType("application/vnd.tokamak.pickle");

    /**
     * Essences that are read unless a program says otherwise: pure data, and graphs of the classes
     * that it registered.
     */
    public static final Set<String> ALLOWED_BY_DEFAULT =
            Set.of(
                    OCTET_STREAM.essence(),
                    TEXT.essence(),
                    JSON.essence(),
                    NPY.essence(),
                    SAFETENSORS.essence(),
                    ARROW_STREAM.essence(),
                    FORY.essence());

    private MediaTypes() {}

    /**
     * That media type, with a parameter {@code java} by which {@link Object} comes back as the type
     * that was put where the bytes alone do not tell: as Python's parameter {@code python} does.
     */
    public static MediaType ofJava(MediaType type, String java) {
        return new MediaType(type.text() + ";java=" + java);
    }

    /** Whether it is of {@link #ofJava that} type. */
    public static boolean isOfJava(MediaType type, String java) {
        return parameter(type, "java", "").equals(java);
    }

    /**
     * The value of a parameter, without its quotes.
     *
     * @return {@code otherwise} when there is none of that name
     */
    public static String parameter(MediaType type, String name, String otherwise) {
        String[] parts = type.text().split(";", -1);
        for (int i = 1; i < parts.length; i++) {
            int equals = parts[i].indexOf('=');
            if (equals > 0 && parts[i].substring(0, equals).strip().equalsIgnoreCase(name)) {
                return parts[i].substring(equals + 1).strip().replace("\"", "");
            }
        }
        return otherwise;
    }
}
