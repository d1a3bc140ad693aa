package io.tokamak.client;

import io.tokamak.objects.Attributes;
import io.tokamak.objects.Group;
import io.tokamak.objects.Lifetime;
import io.tokamak.objects.MediaType;
import io.tokamak.objects.ObjectName;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How an object is put. Immutable; {@code with} methods return a changed copy.
 *
 * @param name null: an anonymous object
 * @param lifetime null: 24 h since the last access when anonymous, until deleted when named
 * @param timeout how long to wait for room, or for the node; zero does not wait
 */
public record PutOptions(
        @Nullable ObjectName name,
        MediaType mediaType,
        @Nullable String contentEncoding,
        Attributes attributes,
        @Nullable Lifetime lifetime,
        @Nullable Group group,
        Duration timeout) {

    /** Anonymous, {@code application/octet-stream}, no attributes, ten seconds for room. */
    public static final PutOptions DEFAULTS =
            new PutOptions(
                    null,
                    MediaType.OCTET_STREAM,
                    null,
                    Attributes.NONE,
                    null,
                    null,
                    Duration.ofSeconds(10));

    public static PutOptions named(ObjectName name) {
        return DEFAULTS.withName(name);
    }

    public PutOptions withName(@Nullable ObjectName other) {
        return new PutOptions(
                other, mediaType, contentEncoding, attributes, lifetime, group, timeout);
    }

    public PutOptions withMediaType(MediaType other) {
        return new PutOptions(name, other, contentEncoding, attributes, lifetime, group, timeout);
    }

    public PutOptions withContentEncoding(@Nullable String other) {
        return new PutOptions(name, mediaType, other, attributes, lifetime, group, timeout);
    }

    public PutOptions withAttributes(Attributes other) {
        return new PutOptions(name, mediaType, contentEncoding, other, lifetime, group, timeout);
    }

    public PutOptions withLifetime(@Nullable Lifetime other) {
        return new PutOptions(name, mediaType, contentEncoding, attributes, other, group, timeout);
    }

    public PutOptions withGroup(@Nullable Group other) {
        return new PutOptions(
                name, mediaType, contentEncoding, attributes, lifetime, other, timeout);
    }

    public PutOptions withTimeout(Duration other) {
        return new PutOptions(name, mediaType, contentEncoding, attributes, lifetime, group, other);
    }
}
