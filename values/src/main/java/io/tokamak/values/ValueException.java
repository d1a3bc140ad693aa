package io.tokamak.values;

import org.jspecify.annotations.Nullable;

/**
 * A value that could not be stored or read. What goes wrong with the object itself is a {@link
 * io.tokamak.objects.TokamakException}, as everywhere.
 *
 * <table>
 * <caption>What to do next</caption>
 * <tr><td>{@link NotSerializable}</td><td>leave the named part out, or register its class</td></tr>
 * <tr><td>{@link MediaTypeRefused}</td><td>allow the media type, or read the raw bytes</td></tr>
 * <tr><td>{@link DecodeException}</td>
 *     <td>ask for another type, or look at the raw bytes and who wrote them</td></tr>
 * </table>
 */
@SuppressWarnings("serial") // never serialized
public abstract sealed class ValueException extends RuntimeException
        permits DecodeException, MediaTypeRefused, NotSerializable {
    private final String code;
    private final String detail;
    private final String remedy;

    ValueException(String code, String detail, String remedy, @Nullable Throwable cause) {
        super(detail + "; " + remedy, cause);
        this.code = code;
        this.detail = detail;
        this.remedy = remedy;
    }

    /** Names the reason and never changes: {@code decode-error}. */
    public final String code() {
        return code;
    }

    /** What happened, with the names and numbers. {@link #getMessage} is this and the remedy. */
    public final String detail() {
        return detail;
    }

    /** What would help, as an imperative. */
    public final String remedy() {
        return remedy;
    }
}
