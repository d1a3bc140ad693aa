package io.tokamak.gateway.mapping;

/** What a mapping keeps from being reused. */
interface Hold extends AutoCloseable {
    /**
     * Whether it has held without a gap until now. False for good; says nothing after {@link
     * #close}.
     */
    boolean isHeld();

    @Override
    void close();
}
