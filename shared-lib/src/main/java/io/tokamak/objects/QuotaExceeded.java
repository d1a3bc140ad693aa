package io.tokamak.objects;

/** The namespace has used what it may. Delete, or have the quota raised. */
@SuppressWarnings("serial") // never serialized
public final class QuotaExceeded extends TokamakException {
    public static final String CODE = "quota-exceeded";

    /**
     * @param quota what is limited: "bytes", "objects"
     */
    public QuotaExceeded(String namespace, String quota, long requested, long used, long limit) {
        super(
                CODE,
                "quota of namespace "
                        + Quoted.of(namespace)
                        + ": "
                        + requested
                        + " more "
                        + quota
                        + ", "
                        + used
                        + " of "
                        + limit
                        + " are used",
                "delete objects of the namespace, or raise its quota",
                Numbers.quota(requested, used, limit));
    }

    @Override
    public boolean isRetryable() {
        return true;
    }
}
