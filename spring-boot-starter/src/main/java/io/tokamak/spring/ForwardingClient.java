package io.tokamak.spring;

import io.tokamak.client.ListPage;
import io.tokamak.client.ListQuery;
import io.tokamak.client.Locality;
import io.tokamak.client.NodeActivity;
import io.tokamak.client.NodeInfo;
import io.tokamak.client.ObjectCopy;
import io.tokamak.client.ObjectEvent;
import io.tokamak.client.ObjectView;
import io.tokamak.client.ObjectViews;
import io.tokamak.client.ObjectWriter;
import io.tokamak.client.PutOptions;
import io.tokamak.client.Stored;
import io.tokamak.client.TokamakClient;
import io.tokamak.client.WaitResult;
import io.tokamak.client.WatchQuery;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.Group;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectInfo;
import io.tokamak.objects.ObjectName;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.stream.Stream;
import net.openhft.chronicle.bytes.Bytes;
import org.jspecify.annotations.Nullable;

/** A client that is another one, but for what a subclass changes. */
public abstract class ForwardingClient implements TokamakClient {
    /** Where calls go. */
    protected abstract TokamakClient client();

    @Override
    public Stored put(byte[] payload, PutOptions options) {
        return client().put(payload, options);
    }

    @Override
    public Stored put(ByteBuffer payload, PutOptions options) {
        return client().put(payload, options);
    }

    @Override
    public Stored put(MemorySegment payload, PutOptions options) {
        return client().put(payload, options);
    }

    @Override
    public Stored put(InputStream payload, PutOptions options) {
        return client().put(payload, options);
    }

    @Override
    public Stored put(long sizeBytesMax, Consumer<Bytes<?>> writer, PutOptions options) {
        return client().put(sizeBytesMax, writer, options);
    }

    @Override
    public @Nullable Stored tryPut(ByteBuffer payload, PutOptions options) {
        return client().tryPut(payload, options);
    }

    @Override
    public ObjectWriter create(long sizeBytes, PutOptions options) {
        return client().create(sizeBytes, options);
    }

    @Override
    public ObjectWriter create(PutOptions options) {
        return client().create(options);
    }

    @Override
    public ObjectWriter createUnclaimed(OptionalLong sizeBytes, PutOptions options) {
        return client().createUnclaimed(sizeBytes, options);
    }

    @Override
    public ObjectView get(ObjectId id, Deadline deadline) {
        return client().get(id, deadline);
    }

    @Override
    public ObjectView get(ObjectName name, Deadline deadline) {
        return client().get(name, deadline);
    }

    @Override
    public @Nullable ObjectView getIfPresent(ObjectId id) {
        return client().getIfPresent(id);
    }

    @Override
    public @Nullable ObjectView getIfPresent(ObjectName name) {
        return client().getIfPresent(name);
    }

    @Override
    public @Nullable ObjectCopy copyIfPresent(ObjectId id, int sizeBytesMax) {
        return client().copyIfPresent(id, sizeBytesMax);
    }

    @Override
    public @Nullable ObjectCopy copyIfPresent(ObjectName name, int sizeBytesMax) {
        return client().copyIfPresent(name, sizeBytesMax);
    }

    @Override
    public @Nullable ObjectView inspect(ObjectId id) {
        return client().inspect(id);
    }

    @Override
    public ObjectViews getAll(List<ObjectId> ids, Deadline deadline) {
        return client().getAll(ids, deadline);
    }

    @Override
    public byte[] read(ObjectId id, Deadline deadline) {
        return client().read(id, deadline);
    }

    @Override
    public byte[] read(ObjectName name, Deadline deadline) {
        return client().read(name, deadline);
    }

    @Override
    public boolean delete(ObjectId id) {
        return client().delete(id);
    }

    @Override
    public boolean delete(ObjectName name) {
        return client().delete(name);
    }

    @Override
    public boolean delete(ObjectId id, long incarnation) {
        return client().delete(id, incarnation);
    }

    @Override
    public long deleteAll(Collection<ObjectId> ids) {
        return client().deleteAll(ids);
    }

    @Override
    public BitSet deleteEach(List<ObjectId> ids) {
        return client().deleteEach(ids);
    }

    @Override
    public long deleteGroup(Group group) {
        return client().deleteGroup(group);
    }

    @Override
    public Locality locality() {
        return client().locality();
    }

    @Override
    public WaitResult await(Collection<ObjectId> ids, int count, Deadline deadline) {
        return client().await(ids, count, deadline);
    }

    @Override
    public boolean contains(ObjectId id) {
        return client().contains(id);
    }

    @Override
    public boolean peek(ObjectId id) {
        return client().peek(id);
    }

    @Override
    public @Nullable ObjectInfo head(ObjectId id) {
        return client().head(id);
    }

    @Override
    public @Nullable ObjectInfo head(ObjectName name) {
        return client().head(name);
    }

    @Override
    public Stream<ObjectInfo> list(ListQuery query) {
        return client().list(query);
    }

    @Override
    public ListPage page(ListQuery query, int limit, @Nullable String cursor) {
        return client().page(query, limit, cursor);
    }

    @Override
    public AutoCloseable watch(WatchQuery query, Consumer<ObjectEvent> listener) {
        return client().watch(query, listener);
    }

    @Override
    public NodeInfo node() {
        return client().node();
    }

    @Override
    public NodeActivity activity(int pinnedMax) {
        return client().activity(pinnedMax);
    }

    @Override
    public void close() {
        client().close();
    }
}
