package io.tokamak.gateway.objects;

import io.tokamak.gateway.node.Target;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectName;
import org.jspecify.annotations.Nullable;

/** Reads the paths of objects, for calls that lie below them. */
public final class ObjectPath {
    private ObjectPath() {}

    /**
     * The object at a raw path; null: it is no object's.
     *
     * @throws InvalidRequest {@code bad-id} or {@code bad-name}
     */
    public static @Nullable Target target(String rawPath) throws InvalidRequest {
        return switch (Address.of(rawPath)) {
            case Address.ById(ObjectId id) -> new Target(id, null);
            case Address.ByName(ObjectName name) -> Target.of(name);
            default -> null;
        };
    }
}
