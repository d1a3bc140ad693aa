package io.tokamak.objects;

import org.jspecify.annotations.Nullable;

/** Stored or sent bytes break their format. Make the object anew. */
@SuppressWarnings("serial") // never serialized
public final class CorruptObject extends TokamakException {
    public static final String CODE = "corrupt-object";

    /**
     * @param what what is wrong and where, with the limit and the actual number
     */
    public CorruptObject(String what, @Nullable Throwable cause) {
        super(
                CODE,
                "corrupt: " + what,
                "delete the object and make it anew",
                Numbers.none(),
                cause);
    }

    public CorruptObject(String what) {
        this(what, null);
    }
}
