package io.tokamak.gateway.objects;

import io.tokamak.client.ObjectView;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectInfo;
import io.tokamak.objects.ObjectName;
import io.tokamak.objects.ObjectNotFound;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The object that a request is about.
 *
 * @param name null: it was asked for by its id
 */
public record Target(ObjectId id, @Nullable ObjectName name) {
    /** How often a wait looks whether the caller is still there. */
    private static final Duration GLANCE = Duration.ofSeconds(1);

    /**
     * The object at a path; null: there is none.
     *
     * @throws io.tokamak.objects.InvalidRequest {@code bad-id} or {@code bad-name}
     */
    public static @Nullable Target at(String rawPath) {
        return switch (Address.of(rawPath)) {
            case Address.ById(ObjectId id) -> new Target(id, null);
            case Address.ByName(ObjectName name) -> of(name);
            default -> null;
        };
    }

    static Target of(ObjectName name) {
        return new Target(ObjectId.named(name), name);
    }

    ObjectNotFound notFound() {
        return name == null ? new ObjectNotFound(id) : new ObjectNotFound(name);
    }

    /**
     * Pins it for the calling thread, waiting if need be.
     *
     * @throws ObjectNotFound at the deadline, or when nobody waits for it any more
     */
    public ObjectView get(TokamakClient client, Deadline deadline, BooleanSupplier isCancelled) {
        while (true) {
            Deadline glance = deadline.orEarlier(Deadline.after(GLANCE));
            try {
                return name == null ? client.get(id, glance) : client.get(name, glance);
            } catch (ObjectNotFound missing) {
                if (deadline.isExpired() || isCancelled.getAsBoolean()) {
                    throw missing;
                }
            }
        }
    }

    /** Describes it, waiting if need be; this is no access. */
    ObjectInfo head(TokamakClient client, Deadline deadline, BooleanSupplier isCancelled) {
        while (true) {
            ObjectInfo info = name == null ? client.head(id) : client.head(name);
            if (info != null) {
                return info;
            }
            if (deadline.isExpired() || isCancelled.getAsBoolean()) {
                throw notFound();
            }
            client.await(List.of(id), 1, deadline.orEarlier(Deadline.after(GLANCE)));
        }
    }

    boolean delete(TokamakClient client) {
        return name == null ? client.delete(id) : client.delete(name);
    }
}
