package io.tokamak.objects;

import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * A request that failed. The type says what to do next:
 *
 * <table>
 * <caption>What to do next</caption>
 * <tr><td>{@link InvalidRequest}, {@link InvalidState}, {@link TooLarge}</td>
 *     <td>change the call; the same one fails again</td></tr>
 * <tr><td>{@link ObjectNotFound}</td><td>put it, or wait for it</td></tr>
 * <tr><td>{@link ObjectLost}, {@link CorruptObject}</td><td>make it anew</td></tr>
 * <tr><td>{@link ObjectExists}</td><td>read what is there, or take another name</td></tr>
 * <tr><td>{@link OutOfMemory}, {@link TooManyPins}, {@link QuotaExceeded}</td>
 *     <td>close views or delete, then retry</td></tr>
 * <tr><td>{@link DeadlineExceeded}</td><td>retry with a later deadline</td></tr>
 * <tr><td>{@link PartialReplication}</td><td>nothing: the object is there, and repair goes on</td></tr>
 * <tr><td>{@link NodeDown}</td><td>retry, also elsewhere</td></tr>
 * <tr><td>{@link NotCoLocated}</td><td>stream the bytes</td></tr>
 * <tr><td>{@link DigestMismatch}</td><td>send the bytes again</td></tr>
 * <tr><td>{@link StoreRetired}, {@link SessionFenced}</td><td>attach again</td></tr>
 * <tr><td>{@link IncompatibleStore}</td><td>an operator follows the remedy</td></tr>
 * <tr><td>{@link Unauthenticated}, {@link PermissionDenied}</td><td>send other credentials</td></tr>
 * </table>
 */
@SuppressWarnings("serial") // never serialized: the wire has code, detail, remedy and numbers
public abstract sealed class TokamakException extends RuntimeException
        permits CorruptObject,
                DeadlineExceeded,
                DigestMismatch,
                IncompatibleStore,
                InvalidRequest,
                InvalidState,
                NodeDown,
                NotCoLocated,
                ObjectExists,
                ObjectLost,
                ObjectNotFound,
                OutOfMemory,
                PartialReplication,
                PermissionDenied,
                QuotaExceeded,
                SessionFenced,
                StoreRetired,
                TooLarge,
                TooManyPins,
                Unauthenticated {
    private final String code;
    private final String detail;
    private final String remedy;
    private final SequencedMap<String, Object> numbers;

    TokamakException(
            String code,
            String detail,
            String remedy,
            SequencedMap<String, ?> numbers,
            @Nullable Throwable cause) {
        super(detail + "; " + remedy, cause);
        this.code = code;
        this.detail = detail;
        this.remedy = remedy;
        this.numbers = Numbers.copyOf(numbers);
    }

    TokamakException(String code, String detail, String remedy, SequencedMap<String, ?> numbers) {
        this(code, detail, remedy, numbers, null);
    }

    /** Names the reason and never changes: {@code object-not-found}. */
    public final String code() {
        return code;
    }

    /** What happened, with the numbers. {@link #getMessage} is this and the remedy. */
    public final String detail() {
        return detail;
    }

    /** What would help, as an imperative. */
    public final String remedy() {
        return remedy;
    }

    /**
     * The variables of the message by their names on the wire, in order: longs, ints, booleans,
     * texts, and lists of such maps. Sizes are bytes. Immutable.
     */
    public final SequencedMap<String, Object> numbers() {
        return numbers;
    }

    /** Whether the very same call can succeed later without anyone changing it. */
    public boolean isRetryable() {
        return false;
    }
}
