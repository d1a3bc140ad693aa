package io.tokamak.gateway.objects;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/** Runs what may block in a virtual thread, never on an event loop. */
public final class Blocking {
    private Blocking() {}

    /**
     * A Mono of what the call returns. A call that waits looks now and then whether nobody wants
     * the answer any more: it is told by the supplier, and never interrupted.
     */
    public static <T> Mono<T> call(Function<BooleanSupplier, T> call) {
        return Mono.create(
                sink -> {
                    AtomicBoolean cancelled = new AtomicBoolean();
                    sink.onCancel(() -> cancelled.set(true));
                    Thread.startVirtualThread(
                            () -> {
                                try {
                                    sink.success(call.apply(cancelled::get));
                                } catch (Throwable e) {
                                    sink.error(e);
                                }
                            });
                });
    }
}
