package io.tokamak.gateway.objects;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** Runs what may block in a virtual thread, never on an event loop. */
public final class Blocking {
    private static final Logger LOG = LoggerFactory.getLogger(Blocking.class);

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
                                    if (cancelled.get()) { // the reason may be that it was
                                        LOG.debug("a call that nobody waits for failed", e);
                                    } else {
                                        sink.error(e);
                                    }
                                }
                            });
                });
    }
}
