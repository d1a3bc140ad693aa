package io.tokamak.objects;

/** The caller is known and may not do this. */
@SuppressWarnings("serial") // never serialized
public final class PermissionDenied extends TokamakException {
    public static final String CODE = "forbidden";

    /**
     * @param who the caller
     * @param action what it asked for: "delete"
     * @param resource on what: "namespace models"
     */
    public PermissionDenied(String who, String action, String resource) {
        super(
                CODE,
                who + " may not " + action + " " + resource,
                "ask an administrator for that right",
                Numbers.of("action", action, "resource", resource));
    }
}
