package io.tokamak.objects;

/**
 * The files in the folder are another version's, another boot's or of another size. An operator
 * follows the remedy.
 */
@SuppressWarnings("serial") // never serialized
public final class IncompatibleStore extends TokamakException {
    public static final String CODE = "incompatible-store";

    /**
     * @param what which property differs: "layout", "boot id", "pool size"
     * @param expected of this program
     * @param actual of the files
     * @param remedy the command that helps
     */
    public IncompatibleStore(
            String folder, String what, String expected, String actual, String remedy) {
        super(
                CODE,
                "store in " + folder + ": its " + what + " is " + actual + ", expected " + expected,
                remedy,
                Numbers.of("expected", expected, "actual", actual));
    }
}
