package io.tokamak.cli;

import io.tokamak.client.ObjectView;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectInfo;
import io.tokamak.objects.ObjectName;
import io.tokamak.objects.ObjectNotFound;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * An object as it is given on the command line: 32 hex digits, or {@code NAMESPACE/KEY}.
 *
 * @param name null when it was given by its id
 */
record Target(ObjectId id, @Nullable ObjectName name) {
    static final String LABEL = "ID|NS/KEY";

    static Target parse(String text) {
        if (ObjectId.isId(text)) {
            return new Target(ObjectId.parse(text), null);
        }
        ObjectName name = ObjectName.parse(text);
        return new Target(ObjectId.named(name), name);
    }

    ObjectView get(TokamakClient client, Deadline deadline) {
        return name == null ? client.get(id, deadline) : client.get(name, deadline);
    }

    @Nullable ObjectInfo head(TokamakClient client) {
        return name == null ? client.head(id) : client.head(name);
    }

    boolean delete(TokamakClient client) {
        return name == null ? client.delete(id) : client.delete(name);
    }

    ObjectNotFound notFound() {
        return name == null ? new ObjectNotFound(id) : new ObjectNotFound(name);
    }

    Json json() {
        return new Json()
                .with("id", id)
                .with("namespace", name == null ? null : name.namespace())
                .with("key", name == null ? null : name.key());
    }

    /** As it was given. */
    @Override
    public String toString() {
        return name == null ? id.toString() : name.toString();
    }

    static final class Converter implements ITypeConverter<Target> {
        @Override
        public Target convert(String text) {
            try {
                return parse(text);
            } catch (InvalidRequest invalid) {
                throw new TypeConversionException(invalid.getMessage());
            }
        }
    }
}
