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

    private QuotaExceeded(long limit, String what, String property) {
        super(
                CODE,
                limit + " " + what + " at once are under way already",
                "repeat it when others have ended, or raise " + property,
                Numbers.quota(1, limit, limit));
    }

    /**
     * There are as many at once as there may be.
     *
     * @param what is limited: "uploads"
     * @param property that sets the limit
     */
    public static QuotaExceeded atOnce(String what, long limit, String property) {
        return new QuotaExceeded(limit, what, property);
    }

    @Override
    public boolean isRetryable() {
        return true;
    }
}
