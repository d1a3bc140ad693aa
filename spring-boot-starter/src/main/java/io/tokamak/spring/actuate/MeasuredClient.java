package io.tokamak.spring.actuate;

import io.micrometer.core.instrument.MeterRegistry;
import io.tokamak.client.ObjectCopy;
import io.tokamak.client.ObjectView;
import io.tokamak.client.ObjectViews;
import io.tokamak.client.ObjectWriter;
import io.tokamak.client.PutOptions;
import io.tokamak.client.Stored;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.Group;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectName;
import io.tokamak.spring.ForwardingClient;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import net.openhft.chronicle.bytes.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * Measures puts, gets and deletes of another client, and passes on everything else. Who looks
 * without asking the node ({@code getIfPresent}, {@code copyIfPresent}, {@code tryPut}) is counted
 * when it succeeds: the call that follows otherwise is.
 */
final class MeasuredClient extends ForwardingClient {
    private static final String CREATED = "created";
    private static final String EXISTING = "existing";
    private static final String FOUND = "found";
    private static final String DELETED = "deleted";

    private final TokamakClient client;
    private final CallMeters puts;
    private final CallMeters gets;
    private final CallMeters deletes;

    MeasuredClient(TokamakClient client, MeterRegistry registry) {
        this.client = client;
        this.puts = new CallMeters(registry, "put", "Objects put", CREATED, EXISTING);
        this.gets = new CallMeters(registry, "get", "Objects got or read", FOUND, CallMeters.MISS);
        this.deletes = new CallMeters(registry, "delete", "Deletions", DELETED, CallMeters.MISS);
    }

    @Override
    protected TokamakClient client() {
        return client;
    }

    private <T extends @Nullable Stored> T measurePut(Supplier<T> call) {
        return puts.measure(call, s -> s.created() ? CREATED : EXISTING, Stored::sizeBytes);
    }

    private <T extends @Nullable ObjectView> T measureGet(Supplier<T> call) {
        return gets.measure(call, _ -> FOUND, ObjectView::sizeBytes);
    }

    private @Nullable ObjectCopy measureCopy(Supplier<@Nullable ObjectCopy> call) {
        return gets.<@Nullable ObjectCopy>measure(call, _ -> FOUND, copy -> copy.payload().length);
    }

    private byte[] measureRead(Supplier<byte[]> call) {
        return gets.measure(call, _ -> FOUND, bytes -> bytes.length);
    }

    private boolean measureDelete(Supplier<Boolean> call) {
        return deletes.measure(call, was -> was ? DELETED : CallMeters.MISS, _ -> 0);
    }

    private long measureDeleteOfMany(Supplier<Long> call) {
        return deletes.measure(call, count -> count > 0 ? DELETED : CallMeters.MISS, _ -> 0);
    }

    private ObjectWriter measured(ObjectWriter writer) {
        return new MeasuredWriter(writer, this::measurePut);
    }

    @Override
    public Stored put(byte[] payload, PutOptions options) {
        return measurePut(() -> client.put(payload, options));
    }

    @Override
    public Stored put(ByteBuffer payload, PutOptions options) {
        return measurePut(() -> client.put(payload, options));
    }

    @Override
    public Stored put(MemorySegment payload, PutOptions options) {
        return measurePut(() -> client.put(payload, options));
    }

    @Override
    public Stored put(InputStream payload, PutOptions options) {
        return measurePut(() -> client.put(payload, options));
    }

    @Override
    public Stored put(long sizeBytesMax, Consumer<Bytes<?>> writer, PutOptions options) {
        return measurePut(() -> client.put(sizeBytesMax, writer, options));
    }

    @Override
    public @Nullable Stored tryPut(ByteBuffer payload, PutOptions options) {
        return measurePut(() -> client.tryPut(payload, options));
    }

    @Override
    public ObjectWriter create(long sizeBytes, PutOptions options) {
        return measured(client.create(sizeBytes, options));
    }

    @Override
    public ObjectWriter create(PutOptions options) {
        return measured(client.create(options));
    }

    @Override
    public ObjectWriter createUnclaimed(OptionalLong sizeBytes, PutOptions options) {
        return measured(client.createUnclaimed(sizeBytes, options));
    }

    @Override
    public ObjectView get(ObjectId id, Deadline deadline) {
        return measureGet(() -> client.get(id, deadline));
    }

    @Override
    public ObjectView get(ObjectName name, Deadline deadline) {
        return measureGet(() -> client.get(name, deadline));
    }

    @Override
    public @Nullable ObjectView getIfPresent(ObjectId id) {
        return measureGet(() -> client.getIfPresent(id));
    }

    @Override
    public @Nullable ObjectView getIfPresent(ObjectName name) {
        return measureGet(() -> client.getIfPresent(name));
    }

    @Override
    public @Nullable ObjectCopy copyIfPresent(ObjectId id, int sizeBytesMax) {
        return measureCopy(() -> client.copyIfPresent(id, sizeBytesMax));
    }

    @Override
    public @Nullable ObjectCopy copyIfPresent(ObjectName name, int sizeBytesMax) {
        return measureCopy(() -> client.copyIfPresent(name, sizeBytesMax));
    }

    @Override
    public ObjectViews getAll(List<ObjectId> ids, Deadline deadline) {
        return gets.measure(
                () -> client.getAll(ids, deadline),
                _ -> FOUND,
                views -> views.asList().stream().mapToLong(ObjectView::sizeBytes).sum());
    }

    @Override
    public byte[] read(ObjectId id, Deadline deadline) {
        return measureRead(() -> client.read(id, deadline));
    }

    @Override
    public byte[] read(ObjectName name, Deadline deadline) {
        return measureRead(() -> client.read(name, deadline));
    }

    @Override
    public boolean delete(ObjectId id) {
        return measureDelete(() -> client.delete(id));
    }

    @Override
    public boolean delete(ObjectName name) {
        return measureDelete(() -> client.delete(name));
    }

    @Override
    public boolean delete(ObjectId id, long incarnation) {
        return measureDelete(() -> client.delete(id, incarnation));
    }

    @Override
    public long deleteAll(Collection<ObjectId> ids) {
        return measureDeleteOfMany(() -> client.deleteAll(ids));
    }

    @Override
    public BitSet deleteEach(List<ObjectId> ids) {
        return deletes.measure(
                () -> client.deleteEach(ids),
                each -> each.isEmpty() ? CallMeters.MISS : DELETED,
                _ -> 0);
    }

    @Override
    public long deleteGroup(Group group) {
        return measureDeleteOfMany(() -> client.deleteGroup(group));
    }
}
