package io.tokamak.values;

import io.tokamak.client.ObjectView;
import io.tokamak.client.ObjectViews;
import io.tokamak.client.PutOptions;
import io.tokamak.client.Stored;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.MediaType;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectName;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Puts values and gets them, on the node's host and through a gateway alike.
 *
 * <p>A value is stored by its class, or as the media type of {@link PutOptions} when that says more
 * than {@code application/octet-stream}. An object is read by its media type, and only if that is
 * allowed: {@link MediaTypes#ALLOWED_BY_DEFAULT}, those of codecs given to the builder, and those
 * of {@link Builder#allow}.
 *
 * <p>{@link #get} makes a value of its own, except for types that lie in the object and are closed
 * by whoever gets them, such as tensors. {@link #borrow} reads everything in place that can be, and
 * so does {@link #getInPlace}, of which nothing has to be closed.
 *
 * <p>Thread-safe. The client is the caller's, who closes it.
 */
public final class Values {
    private final TokamakClient client;
    private final Codecs codecs;

    private Values(TokamakClient client, Codecs codecs) {
        this.client = client;
        this.codecs = codecs;
    }

    /** With the codecs of this library and those on the class path. */
    public static Values over(TokamakClient client) {
        return builder(client).build();
    }

    public static Builder builder(TokamakClient client) {
        return new Builder(client);
    }

    /** The client that this sits on: it has the raw bytes of every object. */
    public TokamakClient client() {
        return client;
    }

    /** Puts an anonymous object. */
    public Stored put(Object value) {
        return put(value, PutOptions.DEFAULTS);
    }

    /**
     * Puts a value, which must not change until this returns.
     *
     * @throws NotSerializable when it, or a part of it, has no stored form
     * @throws io.tokamak.objects.OutOfMemory and the rest as {@link TokamakClient#put}
     */
    public Stored put(Object value, PutOptions options) {
        return putEncoded(codecs.encode(value, options.mediaType()), options);
    }

    /**
     * The stored form of a value, for who may have to put it several times. It may be the value's
     * own memory, which must not change until the last put has returned.
     *
     * @throws NotSerializable as {@link #put}
     */
    public Encoded encode(Object value) {
        return codecs.encode(value, MediaTypes.OCTET_STREAM);
    }

    /** Puts what was {@link #encode encoded}; its media type is that of the encoding. */
    public Stored putEncoded(Encoded encoded, PutOptions options) {
        return EncodedWriter.put(client, encoded, options.withMediaType(encoded.mediaType()));
    }

    /** Gets the value of an object that is there: see {@link #get(ObjectId, Class, Deadline)}. */
    public <T> T get(ObjectId id, Class<T> type) {
        return get(id, type, Deadline.NONE);
    }

    /**
     * The value of an object.
     *
     * @param type what to read it as; {@link Object} for what comes naturally
     * @param deadline how long to wait for an object that is not there yet
     * @throws MediaTypeRefused when its media type is not allowed, or has no codec; as {@code
     *     byte[]} the bytes of the latter are read nevertheless
     * @throws DecodeException when its bytes are not what it says, or cannot be read as that
     * @throws io.tokamak.objects.ObjectNotFound at the deadline
     */
    public <T> T get(ObjectId id, Class<T> type, Deadline deadline) {
        return taken(client.get(id, deadline), type);
    }

    /** As {@link #get(ObjectId, Class)}, of what a put left behind. */
    public <T> T get(Stored stored, Class<T> type) {
        return get(stored.id(), type);
    }

    /** As {@link #get(ObjectId, Class)}. */
    public <T> T get(ObjectName name, Class<T> type) {
        return get(name, type, Deadline.NONE);
    }

    /** As {@link #get(ObjectId, Class, Deadline)}. */
    public <T> T get(ObjectName name, Class<T> type, Deadline deadline) {
        return taken(client.get(name, deadline), type);
    }

    /** As {@link #getAll(List, Class, Deadline)}, of objects that are there. */
    public <T> List<T> getAll(List<ObjectId> ids, Class<T> type) {
        return getAll(ids, type, Deadline.NONE);
    }

    /**
     * The values of all, or of none, in the order asked for.
     *
     * @throws io.tokamak.objects.ObjectNotFound of the first that is missing at the deadline
     */
    public <T> List<T> getAll(List<ObjectId> ids, Class<T> type, Deadline deadline) {
        List<T> values = new ArrayList<>(ids.size());
        try (ObjectViews views = client.getAll(ids, deadline)) {
            for (ObjectView view : views) {
                // A value may outlive the views: it keeps a pin of its own.
                values.add(taken(view.dup(), type));
            }
            return values;
        } catch (RuntimeException | Error failure) {
            for (T value : values) {
                closeAfter(failure, value);
            }
            throw failure;
        }
    }

    /** As {@link #get(ObjectId, Class, Deadline)}, everything in place that can be. */
    public <T> Borrowed<T> borrow(ObjectId id, Class<T> type, Deadline deadline) {
        return borrowed(client.get(id, deadline), type);
    }

    /** As {@link #borrow(ObjectId, Class, Deadline)}. */
    public <T> Borrowed<T> borrow(ObjectName name, Class<T> type, Deadline deadline) {
        return borrowed(client.get(name, deadline), type);
    }

    /**
     * As {@link #get(ObjectId, Class, Deadline)}, everything in place that can be, for any threads
     * and with nothing to close: the object stays pinned until the garbage collector finds that
     * nobody has its bytes any more. For values whose last user nobody knows, such as those of a
     * cache; memory of the pool is given back late.
     */
    public <T> T getInPlace(ObjectId id, Class<T> type, Deadline deadline) {
        return inPlace(client.get(id, deadline), type);
    }

    /** As {@link #getInPlace(ObjectId, Class, Deadline)}. */
    public <T> T getInPlace(ObjectName name, Class<T> type, Deadline deadline) {
        return inPlace(client.get(name, deadline), type);
    }

    /**
     * What {@link #put} would store, and which parts are read in place.
     *
     * @throws NotSerializable as {@link #put}
     */
    public Inspection inspect(Object value) {
        return inspect(value, MediaTypes.OCTET_STREAM);
    }

    /** As {@link #inspect(Object)}, of a put that asks for a media type. */
    public Inspection inspect(Object value, MediaType mediaType) {
        return codecs.inspect(value, mediaType);
    }

    private <T> T taken(ObjectView view, Class<T> type) {
        try {
            Body body = new Body(view, Body.Ending.VALUE);
            T value = codecs.decode(body, type);
            if (body.isDone()) {
                view.close();
            }
            return value;
        } catch (RuntimeException | Error failure) {
            closeAfter(failure, view);
            throw failure;
        }
    }

    private <T> Borrowed<T> borrowed(ObjectView view, Class<T> type) {
        try {
            Body body = new Body(view, Body.Ending.CALLER);
            return new Borrowed<>(view, codecs.decode(body, type));
        } catch (RuntimeException | Error failure) {
            closeAfter(failure, view);
            throw failure;
        }
    }

    private <T> T inPlace(ObjectView view, Class<T> type) {
        try (view) {
            return codecs.decode(new Body(view, Body.Ending.COLLECTOR), type);
        }
    }

    private static void closeAfter(Throwable failure, @Nullable Object value) {
        if (value instanceof AutoCloseable closeable) {
            try {
                closeable.close();
            } catch (Exception e) {
                failure.addSuppressed(e);
            }
        }
    }

    /** For one thread. */
    public static final class Builder {
        private final TokamakClient client;
        private final List<Codec> given = new ArrayList<>();
        private final Set<String> allowed = new HashSet<>(MediaTypes.ALLOWED_BY_DEFAULT);

        private Builder(TokamakClient client) {
            this.client = client;
        }

        /** Adds a codec before all others, and allows its media types. */
        public Builder codec(Codec codec) {
            given.add(codec);
            allowed.addAll(codec.mediaTypes());
            return this;
        }

        /**
         * Allows further media types to be read, for codecs that are found on the class path.
         *
         * @param essences types and subtypes, without parameters
         */
        public Builder allow(String... essences) {
            for (String essence : essences) {
                allowed.add(essence.toLowerCase(Locale.ROOT));
            }
            return this;
        }

        /** Allows these and no others. */
        public Builder allowOnly(String... essences) {
            allowed.clear();
            return allow(essences);
        }

        public Values build() {
            return new Values(
                    client, new Codecs(Collections.unmodifiableList(given), Set.copyOf(allowed)));
        }
    }
}
