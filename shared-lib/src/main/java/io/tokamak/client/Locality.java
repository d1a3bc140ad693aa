package io.tokamak.client;

/**
 * How a client reaches objects.
 *
 * @param zeroCopy whether they are read in place
 * @param reason why, for people: the folder and node, or what stands in the way
 */
public record Locality(boolean zeroCopy, String reason) {}
