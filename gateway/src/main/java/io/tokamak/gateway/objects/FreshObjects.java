package io.tokamak.gateway.objects;

import io.netty.channel.EventLoop;
import io.tokamak.gateway.node.NodeConnection;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/**
 * Describes objects that were just put. Each has to wait until the node has drained the lane that
 * it lies in; so all that wait at a moment do so together, in one thread. Thread-safe.
 */
@Component
final class FreshObjects implements DisposableBean {
    private static final int TOGETHER_MAX = 256;

    private final NodeConnection connection;
    private final LinkedBlockingQueue<Waiting> waiting = new LinkedBlockingQueue<>();
    private final Thread thread;

    FreshObjects(NodeConnection connection) {
        this.connection = connection;
        this.thread = Thread.ofPlatform().daemon().name("fresh-objects").start(this::run);
    }

    /**
     * @param loop where the answer goes on
     */
    private record Waiting(ObjectId id, EventLoop loop, MonoSink<ObjectInfo> sink) {
        void found(@Nullable ObjectInfo info) {
            goOn(() -> sink.success(info));
        }

        void failed(Throwable failure) {
            goOn(() -> sink.error(failure));
        }

        private void goOn(Runnable step) {
            try {
                loop.execute(step);
            } catch (RejectedExecutionException ended) {
                sink.error(ended); // with its loop every connection has ended
            }
        }
    }

    /**
     * The description, without pins; empty when the object is gone already.
     *
     * @param loop of the connection that waits for it
     */
    Mono<ObjectInfo> describe(ObjectId id, EventLoop loop) {
        return Mono.create(sink -> waiting.add(new Waiting(id, loop, sink)));
    }

    private void run() {
        List<Waiting> together = new ArrayList<>();
        try {
            while (true) {
                together.add(waiting.take());
                waiting.drainTo(together, TOGETHER_MAX - 1);
                describe(together);
                together.clear();
            }
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
        }
    }

    private void describe(List<Waiting> together) {
        List<@Nullable ObjectInfo> infos;
        try {
            infos = connection.client().headAll(together.stream().map(Waiting::id).toList());
        } catch (RuntimeException | Error failure) { // also of a file that cannot be mapped in
            together.forEach(one -> one.failed(failure));
            return;
        }
        for (int i = 0; i < infos.size(); i++) {
            together.get(i).found(infos.get(i));
        }
    }

    @Override
    public void destroy() {
        thread.interrupt();
    }
}
