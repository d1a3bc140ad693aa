package io.tokamak.objects;

/**
 * The session holds as many pins as its table has words, or as there is memory for. Close views,
 * then retry.
 */
@SuppressWarnings("serial") // never serialized
public final class TooManyPins extends TokamakException {
    public static final String CODE = "too-many-pins";

    /** The table is full. */
    public TooManyPins(int pins, int pinsMax) {
        this(
                pins,
                pinsMax,
                "too many pins: " + pins + " of " + pinsMax + " are held",
                "close views that are no longer read, or connect once more: each session has its"
                        + " own");
    }

    private TooManyPins(int pins, int pinsMax, String detail, String remedy) {
        super(CODE, detail, remedy, Numbers.of("pins", pins, "limit", pinsMax));
    }

    /**
     * The table could grow, but the file system of the node's folder is full.
     *
     * @param pinsMax words that there is memory for
     */
    public static TooManyPins withoutMemory(int pins, int pinsMax) {
        return new TooManyPins(
                pins,
                pinsMax,
                "too many pins: %d of %d are held, and there is no memory for more: the file system of the node's folder is full"
                        .formatted(pins, pinsMax),
                "remove what else is on that file system, enlarge it, or close views");
    }

    @Override
    public boolean isRetryable() {
        return true;
    }
}
