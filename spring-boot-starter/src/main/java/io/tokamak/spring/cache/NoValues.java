package io.tokamak.spring.cache;

/** Caches are to lie in the store, and what stores their values is not there. */
final class NoValues extends RuntimeException {
    private static final long serialVersionUID = 1;

    NoValues() {
        super("tokamak.cache.enabled is true, but no codecs are on the class path");
    }
}
