package io.tokamak.objects;

import java.util.SequencedMap;

/** The request breaks a rule; the same one will break it again. The code says which rule. */
@SuppressWarnings("serial") // never serialized
public final class InvalidRequest extends TokamakException {
    public static final String BAD_ID = "bad-id";
    public static final String BAD_NAME = "bad-name";
    public static final String BAD_ATTRIBUTE = "bad-attribute";
    public static final String BAD_MEDIA_TYPE = "bad-media-type";
    public static final String BAD_DURATION = "bad-duration";
    public static final String BAD_DIGEST = "bad-digest";
    public static final String BAD_PARAMETER = "bad-parameter";
    public static final String BAD_LIMIT = "bad-limit";
    public static final String BAD_CURSOR = "bad-cursor";
    public static final String SIZE_MISMATCH = "size-mismatch";
    public static final String UNKNOWN_PARAMETER = "unknown-parameter";

    /**
     * @param code one of the constants, or another that stays as stable
     * @param detail what is wrong, with the limit and the actual number
     * @param remedy what a right request looks like
     */
    public InvalidRequest(
            String code, String detail, String remedy, SequencedMap<String, ?> numbers) {
        super(code, detail, remedy, numbers);
    }

    public InvalidRequest(String code, String detail, String remedy) {
        this(code, detail, remedy, Numbers.none());
    }
}
