package io.tokamak.spring.embedded;

/** A node is to be embedded, and its code is not there. */
final class NoNodeToEmbed extends RuntimeException {
    private static final long serialVersionUID = 1;

    NoNodeToEmbed() {
        super("tokamak.embedded.enabled is true, but no node is on the class path");
    }
}
