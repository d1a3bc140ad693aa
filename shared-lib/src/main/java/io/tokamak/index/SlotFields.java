package io.tokamak.index;

/**
 * What a slot says besides its state. Mutable and reused: the owner thread fills one for each
 * record that it publishes, and millions of records leave no garbage.
 */
public final class SlotFields {
    public long idFirst;
    public long idSecond;
    public long incarnation;
    public long location;
    public long length;
    public int metadataLength;
    public int idle;
    public long expiry;
}
