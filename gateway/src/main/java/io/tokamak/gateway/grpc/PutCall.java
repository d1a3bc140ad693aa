package io.tokamak.gateway.grpc;

import io.grpc.ServerCall;
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
import org.jspecify.annotations.Nullable;

/**
 * Bytes that come in messages and are copied from the buffers of the socket to their place in the
 * node's memory. What was not sealed is given back, however the call ends.
 */
final class PutCall extends OpenCall<PutResponse> {
    /** Messages under way while one is copied. */
    private static final int REQUESTS = 4;

    private static final int REPLICAS_MAX = 16;

    private final NodeConnection connection;
    private final UploadSlots slots;
    private final Duration timeout;
    private final Duration timeTotal;
    private final long endNanos;

    private PutOptions options = PutOptions.DEFAULTS;
    private @Nullable Upload upload;
    private UploadSlots.@Nullable Slot slot;
    private final ScheduledExecutorService alarms;
    private volatile ScheduledFuture<?> alarm;
    private volatile boolean isReleased;
    private volatile long lastNanos = System.nanoTime();

    /**
     * @param timeout how long the caller may pause
     * @param timeTotal how long all of it may take
     */
    PutCall(
            ServerCall<Received, PutResponse> call,
            NodeConnection connection,
            UploadSlots slots,
            Duration timeout,
            Duration timeTotal,
            ScheduledExecutorService alarms) {
        super(call);
        this.connection = connection;
        this.slots = slots;
        this.timeout = timeout;
        this.timeTotal = timeTotal;
        this.endNanos = System.nanoTime() + timeTotal.toNanos();
        this.alarms = alarms;
        this.alarm = lookIn(leftNanos());
        request(REQUESTS);
    }

    @Override
    public void onMessage(Received message) {
        step(
                () -> {
                    take(message);
                    request(1);
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
        stepsMayWait(!upload.isPlaced());
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
        stepsMayWait(true);
        Steps.waitFor(() -> step(this::answer));
    }

    private void answer() {
        PutResponse response = describe(begun().seal());
        sendHeaders();
        send(response);
        complete();
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

    /** Time that a step takes is ours, not the caller's. */
    private void step(Runnable step) {
        run(
                () -> {
                    try {
                        step.run();
                    } finally {
                        lastNanos = System.nanoTime();
                    }
                });
    }

    private ScheduledFuture<?> lookIn(long nanos) {
        return alarms.schedule(this::look, nanos, TimeUnit.NANOSECONDS);
    }

    /** Nanoseconds until the caller has paused for too long, or all of it has taken too long. */
    private long leftNanos() {
        long now = System.nanoTime();
        return Math.min(timeout.toNanos() - (now - lastNanos), endNanos - now);
    }

    /** Ends a call that has taken too long, or looks again when that may be. */
    private void look() {
        long left = leftNanos();
        if (left > 0) {
            lookAgainIn(left);
        } else {
            Thread.startVirtualThread(() -> run(this::endIfTooSlow)); // a step may be under way
        }
    }

    private void endIfTooSlow() {
        long left = leftNanos();
        if (endNanos - System.nanoTime() <= 0) {
            throw Refusal.uploadTooSlow(received(), timeTotal);
        }
        if (left <= 0) {
            throw Refusal.uploadTimeout(received(), timeout);
        }
        lookAgainIn(left);
    }

    private void lookAgainIn(long nanos) {
        ScheduledFuture<?> next = lookIn(nanos);
        alarm = next;
        if (isReleased) { // meanwhile, and found the one before
            next.cancel(false);
        }
    }

    private long received() {
        return upload == null ? 0 : upload.position();
    }

    @Override
    void release() {
        isReleased = true;
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
