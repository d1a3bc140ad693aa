package io.tokamak.objects;

import org.jspecify.annotations.Nullable;

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
        this(who, action, resource, "ask an administrator for that right", null);
    }

    /**
     * @param remedy who can give the right, and how
     */
    public PermissionDenied(
            String who, String action, String resource, String remedy, @Nullable Throwable cause) {
        super(
                CODE,
                who + " may not " + action + " " + resource,
                remedy,
                Numbers.of("action", action, "resource", resource),
                cause);
    }
}
