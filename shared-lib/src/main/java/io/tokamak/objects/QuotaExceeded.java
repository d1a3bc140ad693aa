package io.tokamak.objects;

/** The caller has used what it may. Give something back, or have the limit raised. */
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

    /**
     * @param detail what is limited, whose it is, and how much of it is used
     */
    public QuotaExceeded(String detail, String remedy, long used, long limit) {
        super(CODE, detail, remedy, Numbers.quota(1, used, limit));
    }

    @Override
    public boolean isRetryable() {
        return true;
    }
}
