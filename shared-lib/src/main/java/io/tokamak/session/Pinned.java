package io.tokamak.session;

import org.jspecify.annotations.Nullable;

/**
 * What the last look-up of a thread found and pinned. Mutable and reused, so that a look-up need
 * not allocate to answer with more than a number: whoever wants to keep it copies the fields. For
 * one thread.
 */
public final class Pinned {
    /** Pool offset of the record, bytes. */
    public long location;

    /** Pool offset of the payload, bytes. */
    public long payloadOffset;

    public long sizeBytes;
    public long incarnation;
    public int metadataLength;

    /** As {@link PinTable#clear} takes it. */
    public int pin;

    /** How many objects the thread has got, for {@link PinTable#countGet}. */
    long gets;

    /** Of the thread; null: a virtual one, whose pins come from the pool. */
    final @Nullable PinLines lines;

    Pinned(@Nullable PinLines lines) {
        this.lines = lines;
    }
}
