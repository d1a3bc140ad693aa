package io.tokamak.client;

import io.tokamak.objects.Lifetime;
import io.tokamak.objects.MetadataCodec;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectMetadata;
import org.jspecify.annotations.Nullable;

/** What the options of a put come to: made once, and used again for the same options. Immutable. */
final class PutPlan {
    private final PutOptions options;
    private final int sessionNumber;
    private final ObjectMetadata metadata;
    private final byte[] encoded;
    private final @Nullable ObjectId namedId;

    PutPlan(PutOptions options, Attachment attachment) {
        this.options = options;
        this.sessionNumber = attachment.session().number();
        this.metadata =
                new ObjectMetadata(
                        options.name(),
                        options.mediaType(),
                        options.contentEncoding(),
                        options.attributes(),
                        options.lifetime() == null ? Lifetime.byDefault() : options.lifetime(),
                        options.group());
        this.encoded = MetadataCodec.encode(metadata, attachment.nowMillis(), sessionNumber);
        this.namedId = options.name() == null ? null : ObjectId.named(options.name());
    }

    /** Whether it was made of these very options. */
    @SuppressWarnings("ReferenceEquality") // to compare all of them costs more than a plan
    boolean isFor(PutOptions others, Attachment attachment) {
        return options == others && sessionNumber == attachment.session().number();
    }

    /** Whether it holds for a later put: a ttl counts from the put on. */
    boolean isReusable() {
        return namedId == null && !(metadata.lifetime() instanceof Lifetime.Ttl);
    }

    boolean isNamed() {
        return namedId != null;
    }

    PutOptions options() {
        return options;
    }

    ObjectMetadata metadata() {
        return metadata;
    }

    /** The metadata as it lies in the pool. Not to be changed. */
    byte[] encoded() {
        return encoded;
    }

    /** Null: an anonymous object. */
    @Nullable ObjectId namedId() {
        return namedId;
    }
}
