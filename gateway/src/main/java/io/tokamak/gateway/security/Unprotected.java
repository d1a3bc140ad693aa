package io.tokamak.gateway.security;

/** The configuration would let strangers in, or keep everybody out. */
@SuppressWarnings("serial") // never serialized
final class Unprotected extends RuntimeException {
    private final String remedy;

    Unprotected(String what, String remedy) {
        super(what);
        this.remedy = remedy;
    }

    String remedy() {
        return remedy;
    }
}
