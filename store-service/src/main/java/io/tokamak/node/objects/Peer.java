package io.tokamak.node.objects;

/**
 * Who is at the other end of the socket, as the kernel says.
 *
 * @param pid 0: a process that this one's namespace does not show
 */
public record Peer(int uid, int pid) {
    /** Instead of somebody who has not said anything yet; never turned away. */
    static final Peer NODE = new Peer(-1, 0);
}
