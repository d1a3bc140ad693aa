package io.tokamak.gateway.node;

import io.tokamak.client.ObjectCopy;
import io.tokamak.client.ObjectView;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectInfo;
import io.tokamak.objects.ObjectName;
import io.tokamak.objects.ObjectNotFound;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The object that a request is about.
 *
 * @param name null: it was asked for by its id
 */
public record Target(ObjectId id, @Nullable ObjectName name) {

    public static Target of(ObjectName name) {
        return new Target(ObjectId.named(name), name);
    }

    public ObjectNotFound notFound() {
        return name == null ? new ObjectNotFound(id) : new ObjectNotFound(name);
    }

    /**
     * Pins it for the calling thread, waiting if need be.
     *
     * @throws ObjectNotFound at the deadline, or when nobody waits for it any more
     * @throws io.tokamak.objects.NodeDown when the gateway stops meanwhile
     */
    public ObjectView get(
            NodeConnection connection, Deadline deadline, BooleanSupplier isCancelled) {
        TokamakClient client = connection.client();
        while (true) {
            Deadline glance = Waits.glance(deadline);
            try {
                return name == null ? client.get(id, glance) : client.get(name, glance);
            } catch (ObjectNotFound missing) {
                if (deadline.isExpired() || isCancelled.getAsBoolean()) {
                    throw missing;
                }
                connection.checkGoesOn();
            }
        }
    }

    /**
     * Copies it, if it is small and can be had without waiting.
     *
     * @return null: it is larger, or ask {@link #get}
     */
    public @Nullable ObjectCopy copyIfPresent(TokamakClient client, int sizeBytesMax) {
        return name == null
                ? client.copyIfPresent(id, sizeBytesMax)
                : client.copyIfPresent(name, sizeBytesMax);
    }

    /**
     * What is made of a view of it, if it can be had without waiting.
     *
     * @return null: ask {@link #get}
     */
    public <T> @Nullable T getIfPresent(TokamakClient client, Function<ObjectView, T> use) {
        try (ObjectView view = name == null ? client.getIfPresent(id) : client.getIfPresent(name)) {
            return view == null ? null : use.apply(view);
        }
    }

    /** Describes it, waiting if need be; this is no access. */
    public ObjectInfo head(
            NodeConnection connection, Deadline deadline, BooleanSupplier isCancelled) {
        TokamakClient client = connection.client();
        while (true) {
            ObjectInfo info = find(client);
            if (info != null) {
                return info;
            }
            if (deadline.isExpired() || isCancelled.getAsBoolean()) {
                throw notFound();
            }
            connection.checkGoesOn();
            client.await(List.of(id), 1, Waits.glance(deadline));
        }
    }

    /** Describes it as it is now; null: it is not there. */
    public @Nullable ObjectInfo find(TokamakClient client) {
        return name == null ? client.head(id) : client.head(name);
    }

    public boolean delete(TokamakClient client) {
        return name == null ? client.delete(id) : client.delete(name);
    }
}
