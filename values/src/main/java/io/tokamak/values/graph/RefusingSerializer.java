package io.tokamak.values.graph;

import io.tokamak.values.DecodeException;
import io.tokamak.values.MediaTypes;
import org.apache.fory.config.Config;
import org.apache.fory.context.ReadContext;
import org.apache.fory.context.WriteContext;
import org.apache.fory.serializer.Serializer;

/** Of classes that nothing of another process could go on with. */
final class RefusingSerializer extends Serializer<Object> {
    /** Tells of a value that cannot be stored; where it was is found afterwards. */
    @SuppressWarnings("serial") // never leaves the encoding
    static final class Refused extends RuntimeException {
        private final Class<?> type;

        Refused(Class<?> type) {
            super(type.getTypeName());
            this.type = type;
        }

        Class<?> type() {
            return type;
        }
    }

    private final Class<?> refused;

    @SuppressWarnings("unchecked") // neither writes nor reads any
    RefusingSerializer(Config config, Class<?> type) {
        super(config, (Class<Object>) type);
        this.refused = type;
    }

    @Override
    public void write(WriteContext context, Object value) {
        throw new Refused(value.getClass());
    }

    @Override
    public Object read(ReadContext context) {
        throw unread(refused);
    }

    /** The error for bytes that say they are one. */
    static DecodeException unread(Class<?> type) {
        return DecodeException.malformed(
                MediaTypes.FORY, type.getTypeName() + " is not read from any object");
    }
}
