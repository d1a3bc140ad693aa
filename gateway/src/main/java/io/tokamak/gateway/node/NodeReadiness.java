package io.tokamak.gateway.node;

/**
 * An event: the node answers from now on, or does not.
 *
 * @param isReady whether it answers
 */
public record NodeReadiness(boolean isReady) {}
