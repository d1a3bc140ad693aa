package io.tokamak.gateway.mapping;

/** What a mapping keeps from being reused. */
interface Hold extends AutoCloseable {
    /** Whether it has held without a gap until now. Asked before {@link #close}; false for good. */
    boolean isHeld();

    @Override
    void close();
}
