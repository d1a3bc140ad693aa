package io.tokamak.spring;

import io.tokamak.client.ObjectCopy;
import io.tokamak.client.ObjectView;
import io.tokamak.client.PutOptions;
import io.tokamak.client.Stored;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.InvalidState;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectName;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A client that connects with its first call, so that a program's start does not wait for it. Calls
 * meanwhile wait for the one attempt under way, and have its error; the next call after that tries
 * again. Thread-safe.
 */
final class ConnectingClient extends ForwardingClient {
    private record Attempt(Thread thread, CompletableFuture<TokamakClient> client) {}

    private final Supplier<TokamakClient> connect;
    private volatile @Nullable TokamakClient connected;
    private @Nullable Attempt attempt;
    private boolean isClosed;

    /**
     * @param connect makes a client or throws what its caller is to get
     */
    ConnectingClient(Supplier<TokamakClient> connect) {
        this.connect = connect;
    }

    @Override
    protected TokamakClient client() {
        TokamakClient known = connected;
        return known != null ? known : connected();
    }

    private TokamakClient connected() {
        Attempt current = join();
        if (current.thread().equals(Thread.currentThread()) && !current.client().isDone()) {
            run(current.client());
        }
        try {
            return current.client().join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    /** The attempt under way, or one of the calling thread. */
    private synchronized Attempt join() {
        if (isClosed) {
            throw InvalidState.used("client", "closed");
        }
        TokamakClient known = connected;
        if (known != null) {
            return new Attempt(Thread.currentThread(), CompletableFuture.completedFuture(known));
        }
        Attempt underWay = attempt;
        if (underWay == null) {
            underWay = new Attempt(Thread.currentThread(), new CompletableFuture<>());
            attempt = underWay;
        }
        return underWay;
    }

    private void run(CompletableFuture<TokamakClient> own) {
        try {
            TokamakClient client = connect.get();
            end(client);
            own.complete(client);
        } catch (RuntimeException | Error e) {
            end(null);
            own.completeExceptionally(e);
        }
    }

    private synchronized void end(@Nullable TokamakClient client) {
        connected = client;
        attempt = null;
        if (isClosed && client != null) {
            client.close();
        }
    }

    // These never wait: until it is connected they have nothing.

    @Override
    public @Nullable Stored tryPut(ByteBuffer payload, PutOptions options) {
        TokamakClient known = connected;
        return known == null ? null : known.tryPut(payload, options);
    }

    @Override
    public @Nullable ObjectView getIfPresent(ObjectId id) {
        TokamakClient known = connected;
        return known == null ? null : known.getIfPresent(id);
    }

    @Override
    public @Nullable ObjectView getIfPresent(ObjectName name) {
        TokamakClient known = connected;
        return known == null ? null : known.getIfPresent(name);
    }

    @Override
    public @Nullable ObjectCopy copyIfPresent(ObjectId id, int sizeBytesMax) {
        TokamakClient known = connected;
        return known == null ? null : known.copyIfPresent(id, sizeBytesMax);
    }

    @Override
    public @Nullable ObjectCopy copyIfPresent(ObjectName name, int sizeBytesMax) {
        TokamakClient known = connected;
        return known == null ? null : known.copyIfPresent(name, sizeBytesMax);
    }

    @Override
    public @Nullable ObjectView inspect(ObjectId id) {
        TokamakClient known = connected;
        return known == null ? null : known.inspect(id);
    }

    @Override
    public synchronized void close() {
        isClosed = true;
        TokamakClient known = connected;
        if (known != null) {
            known.close();
        }
    }
}
