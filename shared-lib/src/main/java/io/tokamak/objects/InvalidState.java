package io.tokamak.objects;

/**
 * The program used something after its end: a closed view, a sealed or aborted writer, a closed
 * client.
 */
@SuppressWarnings("serial") // never serialized
public final class InvalidState extends TokamakException {
    /**
     * @param detail what was used, and what had ended it
     * @param remedy how to do it right
     */
    public InvalidState(String detail, String remedy) {
        super("invalid-state", detail, remedy, Numbers.none());
    }

    /**
     * Something was used after its end.
     *
     * @param what the thing, "view"
     * @param end how it ended, "closed"
     */
    public static InvalidState used(String what, String end) {
        return new InvalidState("the " + what + " is " + end, "use it before it is " + end);
    }
}
