package io.tokamak.objects;

/** The bytes that came are not the bytes that were meant. Send them again. */
@SuppressWarnings("serial") // never serialized
public final class DigestMismatch extends TokamakException {
    public static final String CODE = "digest-mismatch";

    /**
     * @param algorithm "sha-256"
     * @param expected as the caller sent it
     * @param actual of the bytes that came, in the same form
     */
    public DigestMismatch(String algorithm, String expected, String actual) {
        super(
                CODE,
                algorithm + " of the bytes is " + actual + ", expected " + expected,
                "send the bytes again, or the digest of these bytes",
                Numbers.of("expected", expected, "actual", actual));
    }
}
