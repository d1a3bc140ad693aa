package io.tokamak.node.objects;

/** A process that pins an object, and when the node first saw that. */
public record PinHolder(
        int sessionNumber, int pid, int language, String name, long sinceMillis, int count) {}
