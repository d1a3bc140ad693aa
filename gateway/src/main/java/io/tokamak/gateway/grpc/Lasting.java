package io.tokamak.gateway.grpc;

import io.tokamak.gateway.node.NodeReadiness;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/**
 * Calls that end when their callers do: nobody else ends them, so the gateway has to at its stop.
 */
@Component
final class Lasting {
    private final Set<Call> calls = ConcurrentHashMap.newKeySet();

    /** One of them. */
    interface Call {
        /** Looks whether what it promises is still true, after the node was away. */
        void lookAgain();

        void breakOff(Throwable reason);
    }

    void add(Call call) {
        calls.add(call);
    }

    void remove(Call call) {
        calls.remove(call);
    }

    @EventListener
    void onNode(NodeReadiness node) {
        calls.forEach(Call::lookAgain);
    }

    @EventListener(ContextClosedEvent.class)
    void onStop() {
        calls.forEach(call -> call.breakOff(Refusal.stopping()));
    }
}
