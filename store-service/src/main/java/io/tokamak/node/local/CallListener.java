package io.tokamak.node.local;

/** Hears of calls over the socket. Called on the socket's thread: must not block. */
public interface CallListener {
    CallListener UNHEARD = (_, _, _) -> {};

    /**
     * A call of one request and one answer has ended.
     *
     * @param method as the proto calls it
     * @param outcome gRPC's name of its status, {@code OK} or another one
     * @param nanos that it took, waits that it asked for included
     */
    void ended(String method, String outcome, long nanos);
}
