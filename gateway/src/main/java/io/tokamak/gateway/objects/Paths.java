package io.tokamak.gateway.objects;

import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectName;
import org.jspecify.annotations.Nullable;

/** Paths as answers name them. */
final class Paths {
    /** What the table is below. */
    static final String ROOT = "/v1/";

    private Paths() {}

    /** The path of an object, as {@code Location} has it. */
    static String of(ObjectId id, @Nullable ObjectName name) {
        return name == null
                ? ROOT + "objects/" + id
                : ROOT
                        + "namespaces/"
                        + name.namespace()
                        + "/objects/"
                        + Percent.encodeKey(name.key());
    }
}
