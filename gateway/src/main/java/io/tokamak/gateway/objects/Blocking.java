package io.tokamak.gateway.objects;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** Runs what may block in a virtual thread, never on an event loop. */
public final class Blocking {
    private static final Logger LOG = LoggerFactory.getLogger(Blocking.class);

    private static final AtomicInteger RUNNING = new AtomicInteger();

    private Blocking() {}

    /** How many calls run at this moment, those that only wait included. */
    public static int running() {
        return RUNNING.get();
    }

    /**
     * A Mono of what the call returns. A call that waits looks now and then whether nobody wants
     * the answer any more: it is told by the supplier, and never interrupted.
     */
    public static <T> Mono<T> call(Function<BooleanSupplier, T> call) {
        return opened(call, _ -> {}, Mono::just);
    }

    /**
     * What is made of something that has to be closed. It is closed once, at the end or when nobody
     * wants it any more, also if that was before it was open.
     */
    static <T> Mono<Void> using(
            Function<BooleanSupplier, T> open, Function<T, Mono<Void>> use, Consumer<T> close) {
        return opened(open, close, use);
    }

    private static <T, R> Mono<R> opened(
            Function<BooleanSupplier, T> open, Consumer<T> close, Function<T, Mono<R>> use) {
        return Mono.defer(
                () -> {
                    Kept<T> kept = new Kept<>(close);
                    return Mono.<T>create(
                                    sink ->
                                            Thread.startVirtualThread(
                                                    () -> {
                                                        RUNNING.incrementAndGet();
                                                        try {
                                                            T value = open.apply(kept::isOver);
                                                            kept.keep(value);
                                                            sink.success(value);
                                                        } catch (Throwable e) {
                                                            if (kept.isOver()) {
                                                                LOG.debug("nobody waits for", e);
                                                            } else {
                                                                sink.error(e);
                                                            }
                                                        } finally {
                                                            RUNNING.decrementAndGet();
                                                        }
                                                    }))
                            .flatMap(use)
                            .doFinally(_ -> kept.end());
                });
    }

    /** A value from its opening to its closing, which may overtake each other. */
    private static final class Kept<T> {
        private final Consumer<T> close;
        private @Nullable T value;
        private boolean isOver;

        Kept(Consumer<T> close) {
            this.close = close;
        }

        synchronized boolean isOver() {
            return isOver;
        }

        void keep(T opened) {
            synchronized (this) {
                if (!isOver) {
                    value = opened;
                    return;
                }
            }
            close.accept(opened);
        }

        void end() {
            T last;
            synchronized (this) {
                isOver = true;
                last = value;
                value = null;
            }
            if (last != null) {
                close.accept(last);
            }
        }
    }
}
