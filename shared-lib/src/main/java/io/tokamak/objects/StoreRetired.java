package io.tokamak.objects;

/**
 * The store was replaced by a new one in the same folder. Clients attach again by themselves; a
 * program sees this for views of the old store only.
 */
@SuppressWarnings("serial") // never serialized
public final class StoreRetired extends TokamakException {
    public static final String CODE = "store-retired";

    public StoreRetired(String folder) {
        super(
                CODE,
                "the store in " + folder + " was replaced by a new one",
                "attach again",
                Numbers.of("folder", folder));
    }

    @Override
    public boolean isRetryable() {
        return true;
    }
}
