package io.tokamak.objects;

/** The session holds as many pins as its table has words. Close views, then retry. */
@SuppressWarnings("serial") // never serialized
public final class TooManyPins extends TokamakException {
    public static final String CODE = "too-many-pins";

    public TooManyPins(int pins, int pinsMax) {
        super(
                CODE,
                "too many pins: " + pins + " of " + pinsMax + " are held",
                "close views that are no longer read, or raise tokamak.session.pins-max",
                Numbers.of("pins", pins, "limit", pinsMax));
    }

    @Override
    public boolean isRetryable() {
        return true;
    }
}
