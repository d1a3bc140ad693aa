package io.tokamak.node.objects;

/**
 * An attached process as people see it. What the process says of itself is not believed further
 * than that.
 */
public record SessionInfo(
        int number,
        int pid,
        int language,
        String name,
        long attachedMillis,
        boolean fenced,
        int pins,
        long pinnedBytes,
        int lanes,
        long leasedBytes) {}
