package io.tokamak.gateway.grpc;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.grpc.health.v1.HealthGrpc;
import io.tokamak.proto.v1.ObjectStoreGrpc;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Which thread does what, as a connection's thread sees it. */
class StepsTest {
    private static Executor stepsOf(MethodDescriptor<?, ?> method) {
        return Steps.OF_EACH_CALL.getExecutor(new Named<>(method), new Metadata());
    }

    private static Executor stepsOfOurs(MethodDescriptor<?, ?> generated) {
        return stepsOf(
                generated.toBuilder(Received.MARSHALLER, generated.getResponseMarshaller())
                        .build());
    }

    private static Thread threadOf(Executor steps) throws Exception {
        CompletableFuture<Thread> thread = new CompletableFuture<>();
        steps.execute(() -> thread.complete(Thread.currentThread()));
        return thread.get(10, SECONDS);
    }

    @Test
    @DisplayName("calls with one request begin in the connection's thread")
    void oneRequest() throws Exception {
        assertThat(threadOf(stepsOfOurs(ObjectStoreGrpc.getMapMethod())))
                .isSameAs(Thread.currentThread());
        assertThat(threadOf(stepsOfOurs(ObjectStoreGrpc.getHeadMethod())))
                .isSameAs(Thread.currentThread());
    }

    @Test
    @DisplayName("puts, and the calls of others, begin where they may wait")
    void others() throws Exception {
        assertThat(threadOf(stepsOfOurs(ObjectStoreGrpc.getPutMethod())).isVirtual()).isTrue();
        assertThat(threadOf(stepsOf(HealthGrpc.getCheckMethod())).isVirtual()).isTrue();
    }

    @Test
    @DisplayName("what may wait is done elsewhere from then on, until nothing may any more")
    void mayWait() throws Exception {
        Executor executor = stepsOfOurs(ObjectStoreGrpc.getMapMethod());
        CompletableFuture<Steps> current = new CompletableFuture<>();
        executor.execute(() -> current.complete(Steps.current()));
        Steps steps = current.get(10, SECONDS);
        assertThat(steps).isSameAs(executor);

        steps.mayWait(true);
        assertThat(threadOf(executor).isVirtual()).isTrue();
        assertThat(threadOf(steps::run).isVirtual()).isTrue();

        steps.mayWait(false);
        assertThat(threadOf(executor)).isSameAs(Thread.currentThread());
        assertThat(threadOf(steps::run)).isSameAs(Thread.currentThread());
    }

    /** A call of which no more than its method is known. */
    private static final class Named<Q, A> extends ServerCall<Q, A> {
        private final MethodDescriptor<Q, A> method;

        Named(MethodDescriptor<Q, A> method) {
            this.method = method;
        }

        @Override
        public MethodDescriptor<Q, A> getMethodDescriptor() {
            return method;
        }

        @Override
        public Attributes getAttributes() {
            return Attributes.EMPTY;
        }

        @Override
        public boolean isCancelled() {
            return false;
        }

        @Override
        public void request(int messages) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void sendHeaders(Metadata headers) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void sendMessage(A message) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close(Status status, Metadata trailers) {
            throw new UnsupportedOperationException();
        }
    }
}
