package io.tokamak.gateway.grpc;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.tokamak.client.PutOptions;
import io.tokamak.client.Stored;
import io.tokamak.client.TokamakClient;
import io.tokamak.gateway.node.NodeConnection;
import io.tokamak.gateway.node.Sha256;
import io.tokamak.gateway.node.Upload;
import io.tokamak.gateway.node.UploadSlots;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.ObjectInfo;
import io.tokamak.proto.v1.PutRequest;
import io.tokamak.proto.v1.PutResponse;
import io.tokamak.proto.v1.PutSpec;
import java.io.IOException;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Bytes that come in messages and are copied from the buffers of the socket to their place in the
 * node's memory. What was not sealed is given back, however the call ends.
 */
final class PutCall extends ServerCall.Listener<Received> {
    /** Messages under way while one is copied. */
    private static final int REQUESTS = 4;

    private static final int REPLICAS_MAX = 16;

    private final ServerCall<Received, PutResponse> call;
    private final NodeConnection connection;
    private final UploadSlots slots;
    private final Duration timeout;

    /** gRPC calls one method at a time; the lock is for the alarm. */
    private final ReentrantLock lock = new ReentrantLock();

    private PutOptions options = PutOptions.DEFAULTS;
    private @Nullable Upload upload;
    private UploadSlots.@Nullable Slot slot;
    private ScheduledFuture<?> alarm;
    private volatile long lastNanos = System.nanoTime();
    private boolean ended;

    /**
     * @param timeout how long the caller may pause
     */
    PutCall(
            ServerCall<Received, PutResponse> call,
            NodeConnection connection,
            UploadSlots slots,
            Duration timeout,
            ScheduledExecutorService alarms) {
        this.call = call;
        this.connection = connection;
        this.slots = slots;
        this.timeout = timeout;
        long nanos = Math.max(timeout.toNanos() / 4, 1);
        this.alarm = alarms.scheduleWithFixedDelay(this::look, nanos, nanos, TimeUnit.NANOSECONDS);
        call.request(REQUESTS);
    }

    @Override
    public void onMessage(Received message) {
        run(
                () -> {
                    take(message);
                    call.request(1);
                });
    }

    private void take(Received message) {
        Fields fields = new Fields(message.bytes());
        try {
            for (int field = fields.next(); field != 0; field = fields.next()) {
                switch (field) {
                    case PutRequest.SPEC_FIELD_NUMBER ->
                            begin(PutSpec.parseFrom(fields.readBytes()));
                    case PutRequest.DATA_FIELD_NUMBER -> fields.forEachPart(begun()::write);
                    default -> fields.skip();
                }
            }
        } catch (IOException e) {
            throw Received.bad(String.valueOf(e.getMessage()));
        }
    }

    private void begin(PutSpec spec) {
        if (upload != null) {
            throw Messages.bad("a second spec came", "send it in the first message alone");
        }
        if (spec.getReplicas() < 0 || spec.getReplicas() > REPLICAS_MAX) {
            throw Messages.bad(
                    "replicas is " + Integer.toUnsignedString(spec.getReplicas()),
                    "give 1 to " + REPLICAS_MAX + ", or 0 for 1");
        }
        int digestBytes = spec.getSha256().size();
        if (digestBytes != 0 && digestBytes != Sha256.BYTES) {
            throw new InvalidRequest(
                    InvalidRequest.BAD_DIGEST,
                    "sha256 has %d bytes, must be %d".formatted(digestBytes, Sha256.BYTES),
                    "send the digest itself, or leave it out");
        }
        options = Messages.options(spec);
        slot = slots.take();
        upload =
                new Upload(
                        connection.client(),
                        options,
                        spec.hasSizeBytes()
                                ? OptionalLong.of(size(spec.getSizeBytes()))
                                : OptionalLong.empty(),
                        digestBytes == 0 ? null : spec.getSha256().toByteArray());
    }

    /** The proto's are unsigned. */
    private static long size(long bytes) {
        return bytes < 0 ? Long.MAX_VALUE : bytes;
    }

    private Upload begun() {
        Upload known = upload;
        if (known == null) {
            throw Messages.bad("there is no spec before the data", "begin with it");
        }
        return known;
    }

    @Override
    public void onHalfClose() {
        run(
                () -> {
                    Stored stored = begun().seal();
                    PutResponse response = describe(stored);
                    end();
                    call.sendHeaders(new Metadata());
                    call.sendMessage(response);
                    call.close(Status.OK, new Metadata());
                });
    }

    private PutResponse describe(Stored stored) {
        TokamakClient client = connection.client();
        ObjectInfo info = client.head(stored.id());
        return PutResponse.newBuilder()
                .setObject(info != null ? Messages.object(info) : Messages.object(stored, options))
                .setCreated(stored.created())
                .setReplicas(1) // a node has one copy; others are not asked yet
                .build();
    }

    private void run(Runnable step) {
        lock.lock();
        try {
            lastNanos = System.nanoTime();
            if (!ended) {
                step.run();
            }
        } catch (RuntimeException | Error e) {
            fail(e);
        } finally {
            lastNanos = System.nanoTime();
            lock.unlock();
        }
    }

    /** Ends a call whose caller has paused for too long; not one that waits for us. */
    private void look() {
        if (System.nanoTime() - lastNanos < timeout.toNanos() || !lock.tryLock()) {
            return;
        }
        try {
            Upload begun = upload;
            fail(Refusal.uploadTimeout(begun == null ? 0 : begun.position(), timeout));
        } finally {
            lock.unlock();
        }
    }

    private void fail(Throwable failure) {
        if (ended) {
            return;
        }
        end();
        Statuses.close(call, failure);
    }

    @Override
    public void onCancel() {
        lock.lock();
        try {
            end();
        } finally {
            lock.unlock();
        }
    }

    private void end() {
        ended = true;
        alarm.cancel(false);
        try {
            if (upload != null) {
                upload.close();
            }
        } finally {
            if (slot != null) {
                slot.close();
            }
        }
    }
}
