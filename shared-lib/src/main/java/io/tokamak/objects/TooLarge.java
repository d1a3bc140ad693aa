package io.tokamak.objects;

/** It would not fit an empty store. Split it, or have the pool enlarged. */
@SuppressWarnings("serial") // never serialized
public final class TooLarge extends TokamakException {
    public static final String CODE = "too-large";

    public TooLarge(long requestedBytes, long capacityBytes) {
        super(
                CODE,
                "too large: "
                        + ByteSize.format(requestedBytes)
                        + ", the pool is "
                        + ByteSize.format(capacityBytes),
                "write parts and a manifest, or raise tokamak.pool.size",
                Numbers.of("requested", requestedBytes, "capacity", capacityBytes));
    }
}
