package io.tokamak.gateway.node;

import org.jspecify.annotations.Nullable;

/**
 * An event: the node answers from now on, or does not.
 *
 * @param isReady whether it answers
 * @param node its id; null: it never answered
 */
public record NodeReadiness(boolean isReady, @Nullable String node) {}
