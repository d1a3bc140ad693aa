package io.tokamak.objects;

/** The caller has not proven that it can read the node's files. Stream the bytes instead. */
@SuppressWarnings("serial") // never serialized
public final class NotCoLocated extends TokamakException {
    public static final String CODE = "not-co-located";

    /** The nonce that was sent is not the one in the node's folder. */
    public static final String NONCE_DIFFERS = "nonce differs";

    /** There is no such folder where the caller runs. */
    public static final String FOLDER_NOT_VISIBLE = "folder not visible";

    /** The caller may not read what is in the folder. */
    public static final String PERMISSION = "permission";

    /**
     * @param reason one of the constants
     * @param folder of the node
     */
    public NotCoLocated(String reason, String folder) {
        super(
                CODE,
                "not co-located with the node in " + folder + ": " + reason,
                "read the file nonce in the node's folder anew, or stream the bytes",
                Numbers.of("reason", reason, "folder", folder));
    }
}
