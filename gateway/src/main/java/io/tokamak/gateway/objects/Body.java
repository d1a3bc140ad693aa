package io.tokamak.gateway.objects;

import io.tokamak.gateway.node.GatewayProperties;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.server.reactive.ServerHttpRequest;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;

/**
 * A request's body, handed from the event loop to the one thread that reads it, or taken on the
 * event loop while that thread waits for the end. At most {@link #DEMAND} buffers are under way;
 * the socket is not read while they are.
 */
final class Body extends BaseSubscriber<DataBuffer> {
    private static final int DEMAND = 32;

    private final Flux<DataBuffer> source;
    private final BodyEnd end;
    private final Duration timeout;
    private final Duration timeTotal;
    private final long endNanos;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition news = lock.newCondition();
    private final ArrayDeque<DataBuffer> buffers = new ArrayDeque<>();
    private @Nullable Throwable failure;

    /** What is told of the bytes on the event loop; null: they are queued. */
    private @Nullable Consumer<DataBuffer> taker;

    /** Of the taker. */
    private @Nullable RuntimeException refusal;

    /** When a byte was taken last. */
    private long lastNanos;

    private boolean done;
    private boolean closed;
    private boolean subscribed;
    private long received;
    private int consumed;

    /** The body of a request, whose time begins now. */
    Body(ServerHttpRequest request, GatewayProperties properties) {
        this(
                request.getBody(),
                BodyEnd.of(request),
                properties.uploadTimeout(),
                properties.uploadTimeTotal());
    }

    /**
     * @param timeout how long to wait for a byte
     * @param timeTotal how long to wait for all of them
     */
    Body(Flux<DataBuffer> source, BodyEnd end, Duration timeout, Duration timeTotal) {
        this.source = source;
        this.end = end;
        this.timeout = timeout;
        this.timeTotal = timeTotal;
        this.endNanos = System.nanoTime() + timeTotal.toNanos();
    }

    /** The body ended before its time: nobody is there to be answered. */
    @SuppressWarnings("serial") // never serialized
    static final class Lost extends RuntimeException {
        Lost(@Nullable Throwable cause) {
            super("the body ended before its time", cause, false, false);
        }
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
        subscription.request(DEMAND);
    }

    @Override
    protected void hookOnNext(DataBuffer buffer) {
        boolean isTaken;
        lock.lock();
        try {
            Consumer<DataBuffer> takes = taker;
            if (!closed && takes == null) {
                buffers.add(buffer);
                news.signal();
                return;
            }
            isTaken = !closed;
            if (isTaken && takes != null && refusal == null) {
                take(buffer, takes);
            }
        } finally {
            lock.unlock();
        }
        DataBufferUtils.release(buffer);
        if (isTaken) {
            request(1);
        }
    }

    /** On the event loop, which may wait for the lock: who has it does nothing that waits. */
    private void take(DataBuffer buffer, Consumer<DataBuffer> takes) {
        try {
            received += buffer.readableByteCount();
            lastNanos = System.nanoTime();
            takes.accept(buffer);
        } catch (RuntimeException refused) {
            refusal = refused;
            news.signal();
        }
    }

    @Override
    protected void hookOnComplete() {
        end(null);
    }

    @Override
    protected void hookOnError(Throwable throwable) {
        end(throwable);
    }

    /** Nobody waits for the answer any more: the reader gets {@link Lost}. */
    void abandon() {
        end(new Lost(null));
        cancel();
    }

    private void end(@Nullable Throwable reason) {
        lock.lock();
        try {
            if (!done) {
                done = true;
                failure = reason;
            }
            news.signal();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Lets it come, so far as nobody has read it yet.
     *
     * @throws Lost when the connection is gone
     */
    void begin() {
        if (!subscribed) {
            if (!end.isTrue()) {
                throw new Lost(null);
            }
            subscribed = true;
            source.subscribe(this);
        }
    }

    /** Whether all of it is here: {@link #next} does not wait. */
    boolean isHere() {
        lock.lock();
        try {
            return done && failure == null && end.isTrue();
        } finally {
            lock.unlock();
        }
    }

    /**
     * The next buffer, to be released by the caller; null at the end.
     *
     * @throws Refusal {@code upload-timeout} when no byte came in time, {@code upload-too-slow}
     *     when not all did
     * @throws Lost when the connection is gone
     */
    @Nullable DataBuffer next() {
        begin();
        DataBuffer buffer = take();
        if (buffer != null) {
            received += buffer.readableByteCount();
            if (++consumed == DEMAND / 2) {
                consumed = 0;
                request(DEMAND / 2);
            }
        }
        return buffer;
    }

    private @Nullable DataBuffer take() {
        long total = endNanos - System.nanoTime();
        boolean isLast = total < timeout.toNanos();
        long nanos = isLast ? total : timeout.toNanos();
        lock.lock();
        try {
            while (buffers.isEmpty() || failure != null) {
                if (failure != null) {
                    throw new Lost(failure);
                }
                if (done) {
                    if (!end.isTrue()) {
                        throw new Lost(null);
                    }
                    return null;
                }
                if (nanos <= 0) {
                    throw isLast
                            ? Refusal.uploadTooSlow(received, timeTotal.toMillis())
                            : Refusal.uploadTimeout(received, timeout.toMillis());
                }
                nanos = news.awaitNanos(nanos);
            }
            if (total <= 0) { // it drips, or the reader waited for room
                throw Refusal.uploadTooSlow(received, timeTotal.toMillis());
            }
            return buffers.poll();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Lost(e);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Has the rest of the body taken on the event loop, and waits for its end. Nothing is taken any
     * more once this has returned or thrown.
     *
     * @param takes gets each buffer and must neither keep it nor wait; what it throws is thrown
     *     here
     * @throws Refusal as {@link #next}
     * @throws Lost as {@link #next}
     */
    void takeAll(Consumer<DataBuffer> takes) {
        begin();
        for (DataBuffer early = startTaking(takes); early != null; early = startTaking(takes)) {
            try {
                received += early.readableByteCount();
                takes.accept(early);
            } finally {
                DataBufferUtils.release(early);
            }
            request(1);
        }
        lock.lock();
        try {
            awaitEnd();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Lost(e);
        } finally {
            taker = null; // what still comes can be drained
            lock.unlock();
        }
    }

    /** A buffer that came before; null: from here on the event loop takes them. */
    private @Nullable DataBuffer startTaking(Consumer<DataBuffer> takes) {
        lock.lock();
        try {
            DataBuffer early = buffers.poll();
            if (early == null) {
                taker = takes;
            }
            return early;
        } finally {
            lock.unlock();
        }
    }

    /** With the lock. */
    private void awaitEnd() throws InterruptedException {
        lastNanos = System.nanoTime();
        while (!done && refusal == null) {
            long now = System.nanoTime();
            long total = endNanos - now;
            if (total <= 0) {
                throw Refusal.uploadTooSlow(received, timeTotal.toMillis());
            }
            long silence = timeout.toNanos() - (now - lastNanos);
            if (silence <= 0) {
                throw Refusal.uploadTimeout(received, timeout.toMillis());
            }
            var _ = news.awaitNanos(Math.min(silence, total));
        }
        if (refusal != null) {
            throw refusal;
        }
        if (failure != null || !end.isTrue()) {
            throw new Lost(failure);
        }
    }

    /** Bytes that were given so far. */
    long received() {
        return received;
    }

    /** Whether the end was seen. */
    boolean isFinished() {
        lock.lock();
        try {
            return done && failure == null && buffers.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** Releases what is under way. Idempotent. */
    void close() {
        lock.lock();
        try {
            closed = true;
            buffers.forEach(DataBufferUtils::release);
            buffers.clear();
        } finally {
            lock.unlock();
        }
        if (subscribed && !done) {
            cancel();
        }
    }

    /** Reads to the end what is short, so that the connection can serve another request. */
    void drain(long bytesMax) {
        long limit = received + bytesMax;
        for (DataBuffer buffer = next(); buffer != null; buffer = next()) {
            DataBufferUtils.release(buffer);
            if (received > limit) {
                return;
            }
        }
    }
}
