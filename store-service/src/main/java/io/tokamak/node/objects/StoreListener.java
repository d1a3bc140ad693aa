package io.tokamak.node.objects;

import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectMetadata;

/** Hears what happens to objects, on the owner thread: must return at once and never throw. */
public interface StoreListener {
    enum Kind {
        SEALED,
        DELETED,
        EXPIRED
    }

    void happened(
            Kind kind, ObjectId id, long incarnation, long sizeBytes, ObjectMetadata metadata);
}
