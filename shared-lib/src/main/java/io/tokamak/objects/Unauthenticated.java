package io.tokamak.objects;

/** Nobody knows who is calling. */
@SuppressWarnings("serial") // never serialized
public final class Unauthenticated extends TokamakException {
    public static final String CODE = "unauthenticated";

    public Unauthenticated(String why) {
        super(CODE, why, "send valid credentials", Numbers.none());
    }
}
