package io.tokamak.client;

import io.tokamak.objects.Deadline;
import io.tokamak.objects.Group;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.InvalidState;
import io.tokamak.objects.ObjectExists;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectInfo;
import io.tokamak.objects.ObjectName;
import io.tokamak.objects.ObjectNotFound;
import io.tokamak.proto.v1.DeleteRequest;
import io.tokamak.proto.v1.DeleteResponse;
import io.tokamak.proto.v1.GetNodeRequest;
import io.tokamak.proto.v1.GroupName;
import io.tokamak.proto.v1.HeadRequest;
import io.tokamak.proto.v1.ListRequest;
import io.tokamak.proto.v1.ListResponse;
import io.tokamak.proto.v1.NodesGrpc;
import io.tokamak.proto.v1.ObjectRef;
import io.tokamak.proto.v1.ObjectStoreGrpc;
import io.tokamak.proto.v1.WaitRequest;
import io.tokamak.proto.v1.WaitResponse;
import io.tokamak.proto.v1.WatchRequest;
import io.tokamak.remote.Gateway;
import io.tokamak.remote.GatewayAddress;
import io.tokamak.remote.Messages;
import io.tokamak.remote.Upload;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Stream;
import net.openhft.chronicle.bytes.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * Streams objects from and to a gateway. A view's bytes are in memory of this process outside of
 * the heap, which the last view of them frees.
 */
final class RemoteClient implements TokamakClient {
    /** A stream that ends before is put like an array. */
    private static final int STREAM_BUFFER_BYTES = 256 << 10;

    private static final int ARRAY_BYTES_MAX = Integer.MAX_VALUE - 8;

    /** Keeps a request well below 4 MiB. */
    private static final int DELETIONS_PER_CALL = 50_000;

    private static final int WAITS_MAX = 100_000;

    /** The gateway's own node. */
    private static final GetNodeRequest LOCAL_NODE =
            GetNodeRequest.newBuilder().setId("local").build();

    private final Gateway gateway;
    private final Set<Watching> watchings = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /**
     * @param gateway closed with the client
     */
    RemoteClient(Gateway gateway) {
        this.gateway = gateway;
    }

    static TokamakClient connect(ConnectOptions options, GatewayAddress address) {
        RemoteClient client =
                new RemoteClient(
                        new Gateway(address, options.token(), options.name(), options.timeout()));
        try {
            client.localNode();
            return client;
        } catch (RuntimeException | Error e) {
            client.close();
            throw e;
        }
    }

    @Override
    public Locality locality() {
        return new Locality(false, "zero-copy is turned off");
    }

    // ---- writing

    @Override
    public Stored put(byte[] payload, PutOptions putOptions) {
        return put(MemorySegment.ofArray(payload), putOptions);
    }

    @Override
    public Stored put(ByteBuffer payload, PutOptions putOptions) {
        return put(MemorySegment.ofBuffer(payload), putOptions);
    }

    @Override
    public Stored put(MemorySegment payload, PutOptions putOptions) {
        checkOpen();
        return RemoteMessages.stored(
                gateway.put(
                        RemoteMessages.spec(putOptions, OptionalLong.of(payload.byteSize())),
                        payload,
                        Deadline.after(putOptions.timeout()),
                        putOptions.timeout()));
    }

    @Override
    public Stored put(InputStream payload, PutOptions putOptions) {
        try {
            byte[] head = payload.readNBytes(STREAM_BUFFER_BYTES);
            if (head.length < STREAM_BUFFER_BYTES) {
                return put(head, putOptions);
            }
            try (ObjectWriter writer = createUnclaimed(OptionalLong.empty(), putOptions)) {
                writer.write(MemorySegment.ofArray(head));
                writer.writeFrom(payload);
                return writer.seal();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Stored put(long sizeBytesMax, Consumer<Bytes<?>> writer, PutOptions putOptions) {
        return Filling.put(this::put, sizeBytesMax, writer, putOptions);
    }

    @Override
    public ObjectWriter create(long sizeBytes, PutOptions putOptions) {
        if (sizeBytes < 0) {
            throw new IllegalArgumentException("size " + sizeBytes);
        }
        checkFree(putOptions);
        return createUnclaimed(OptionalLong.of(sizeBytes), putOptions);
    }

    @Override
    public ObjectWriter create(PutOptions putOptions) {
        checkFree(putOptions);
        return createUnclaimed(OptionalLong.empty(), putOptions);
    }

    /** Who is first is decided at the seal; it is told now who was. */
    private void checkFree(PutOptions putOptions) {
        ObjectName name = putOptions.name();
        if (name != null) {
            ObjectInfo there = head(name);
            if (there != null) {
                throw new ObjectExists(name, there.id(), "node " + there.home(), there.created());
            }
        }
    }

    @Override
    public @Nullable Stored tryPut(ByteBuffer payload, PutOptions putOptions) {
        return null;
    }

    @Override
    public ObjectWriter createUnclaimed(OptionalLong sizeBytes, PutOptions putOptions) {
        checkOpen();
        return new RemoteWriter(this, putOptions, sizeBytes);
    }

    /** Begins to send an object. */
    Upload upload(PutOptions putOptions, OptionalLong sizeBytes) {
        checkOpen();
        return gateway.upload(
                RemoteMessages.spec(putOptions, sizeBytes),
                Deadline.after(putOptions.timeout()),
                putOptions.timeout());
    }

    // ---- reading

    @Override
    public ObjectView get(ObjectId id, Deadline deadline) {
        return get(RemoteMessages.ref(id), deadline);
    }

    @Override
    public ObjectView get(ObjectName name, Deadline deadline) {
        return get(RemoteMessages.ref(name), deadline);
    }

    private ObjectView get(ObjectRef object, Deadline deadline) {
        checkOpen();
        Place place = new Place();
        try {
            gateway.get(object, deadline, place::make);
            return place.view();
        } finally {
            place.discard();
        }
    }

    /** The place of one object that is being fetched. For one thread. */
    private static final class Place {
        private @Nullable Fetched fetched;

        MemorySegment make(io.tokamak.proto.v1.ObjectInfo info) {
            discard(); // of another incarnation
            Fetched made = new Fetched(List.of(RemoteMessages.info(info)));
            fetched = made;
            return made.payload(0);
        }

        HeldView view() {
            Fetched made = fetched;
            if (made == null) {
                throw new IllegalStateException("an object came without a place");
            }
            fetched = null;
            return made.view(0);
        }

        /** Unless it was given away. */
        void discard() {
            if (fetched != null) {
                fetched.discard();
                fetched = null;
            }
        }
    }

    @Override
    public ObjectViews getAll(List<ObjectId> ids, Deadline deadline) {
        checkOpen();
        return new RemoteBatch(gateway, ids, deadline, this::get).run();
    }

    @Override
    public byte[] read(ObjectId id, Deadline deadline) {
        return read(RemoteMessages.ref(id), deadline);
    }

    @Override
    public byte[] read(ObjectName name, Deadline deadline) {
        return read(RemoteMessages.ref(name), deadline);
    }

    private byte[] read(ObjectRef object, Deadline deadline) {
        checkOpen();
        byte[][] bytes = new byte[1][];
        gateway.get(
                object,
                deadline,
                info -> {
                    if (info.getSizeBytes() > ARRAY_BYTES_MAX) {
                        throw new InvalidState(
                                "object %s of %d bytes fits no array"
                                        .formatted(info.getId(), info.getSizeBytes()),
                                "get a view of it");
                    }
                    bytes[0] = new byte[(int) info.getSizeBytes()];
                    return MemorySegment.ofArray(bytes[0]);
                });
        return bytes[0];
    }

    // ---- waiting

    @Override
    public WaitResult await(Collection<ObjectId> ids, int count, Deadline deadline) {
        checkOpen();
        List<ObjectId> all = List.copyOf(ids);
        List<ObjectRef> different = all.stream().distinct().map(RemoteMessages::ref).toList();
        if (different.isEmpty()) {
            return new WaitResult(List.of(), all);
        }
        if (count <= 0) { // the gateway waits for one at least
            return await(all, 1, Deadline.NONE);
        }
        int wanted = Math.min(count, different.size());
        if (different.size() > WAITS_MAX) {
            throw new InvalidRequest(
                    InvalidRequest.BAD_PARAMETER,
                    "a wait for %d objects, at most %d".formatted(different.size(), WAITS_MAX),
                    "wait for fewer at a time");
        }
        WaitResponse response;
        do {
            response =
                    gateway.call(
                            ObjectStoreGrpc.getWaitMethod(),
                            () -> waitRequest(different, wanted, deadline),
                            Deadline.after(deadline.remaining().plus(gateway.timeout())));
        } while (response.getReadyCount() < wanted && !deadline.isExpired());
        Set<ObjectId> ready = new HashSet<>();
        response.getReadyList().forEach(ref -> ready.add(ObjectId.parse(ref.getId())));
        return new WaitResult(
                all.stream().filter(ready::contains).toList(),
                all.stream().filter(id -> !ready.contains(id)).toList());
    }

    private static WaitRequest waitRequest(List<ObjectRef> refs, int count, Deadline deadline) {
        WaitRequest.Builder request = WaitRequest.newBuilder().addAllObjects(refs).setCount(count);
        if (!deadline.isExpired()) {
            request.setTimeout(Messages.wait(deadline));
        }
        return request.build();
    }

    // ---- asking

    @Override
    public boolean contains(ObjectId id) {
        return !await(List.of(id), 1, Deadline.NONE).ready().isEmpty();
    }

    @Override
    public @Nullable ObjectView getIfPresent(ObjectId id) {
        return null;
    }

    @Override
    public @Nullable ObjectView getIfPresent(ObjectName name) {
        return null;
    }

    @Override
    public @Nullable ObjectCopy copyIfPresent(ObjectId id, int sizeBytesMax) {
        return null;
    }

    @Override
    public @Nullable ObjectCopy copyIfPresent(ObjectName name, int sizeBytesMax) {
        return null;
    }

    @Override
    public @Nullable ObjectView inspect(ObjectId id) {
        return null;
    }

    @Override
    public boolean peek(ObjectId id) {
        return contains(id);
    }

    @Override
    public @Nullable ObjectInfo head(ObjectId id) {
        return head(RemoteMessages.ref(id));
    }

    @Override
    public @Nullable ObjectInfo head(ObjectName name) {
        return head(RemoteMessages.ref(name));
    }

    private @Nullable ObjectInfo head(ObjectRef object) {
        checkOpen();
        HeadRequest request = HeadRequest.newBuilder().setObject(object).build();
        try {
            return RemoteMessages.info(
                    gateway.call(ObjectStoreGrpc.getHeadMethod(), request).getObject());
        } catch (ObjectNotFound absent) {
            return null;
        }
    }

    @Override
    public boolean delete(ObjectId id) {
        return delete(List.of(RemoteMessages.ref(id))).getDeleted() > 0;
    }

    @Override
    public boolean delete(ObjectId id, long incarnation) {
        return delete(
                                DeleteRequest.newBuilder()
                                        .addObjects(RemoteMessages.ref(id))
                                        .setIncarnation(incarnation))
                        .getDeleted()
                > 0;
    }

    @Override
    public boolean delete(ObjectName name) {
        return delete(List.of(RemoteMessages.ref(name))).getDeleted() > 0;
    }

    private DeleteResponse delete(List<ObjectRef> objects) {
        return delete(DeleteRequest.newBuilder().addAllObjects(objects));
    }

    private DeleteResponse delete(DeleteRequest.Builder request) {
        checkOpen();
        return gateway.call(ObjectStoreGrpc.getDeleteMethod(), request.build());
    }

    @Override
    public long deleteAll(Collection<ObjectId> ids) {
        return deleteEach(List.copyOf(ids)).cardinality();
    }

    @Override
    public BitSet deleteEach(List<ObjectId> ids) {
        checkOpen();
        BitSet wereThere = new BitSet();
        for (int from = 0; from < ids.size(); from += DELETIONS_PER_CALL) {
            List<ObjectId> part =
                    ids.subList(from, Math.min(ids.size(), from + DELETIONS_PER_CALL));
            List<Boolean> answers =
                    delete(part.stream().map(RemoteMessages::ref).toList()).getWereThereList();
            for (int i = 0; i < answers.size(); i++) {
                wereThere.set(from + i, answers.get(i));
            }
        }
        return wereThere;
    }

    @Override
    public long deleteGroup(Group group) {
        checkOpen();
        GroupName name =
                GroupName.newBuilder()
                        .setNamespace(group.namespace())
                        .setGroup(group.name())
                        .build();
        return gateway.call(
                        ObjectStoreGrpc.getDeleteMethod(),
                        DeleteRequest.newBuilder().setGroup(name).build())
                .getDeleted();
    }

    @Override
    public Stream<ObjectInfo> list(ListQuery query) {
        return ListPage.all(cursor -> page(query, ListPage.LIMIT_MAX, cursor));
    }

    @Override
    public ListPage page(ListQuery query, int limit, @Nullable String cursor) {
        checkOpen();
        ListPage.checkLimit(limit);
        ListRequest.Builder request = RemoteMessages.request(query).setLimit(limit);
        if (cursor != null) {
            request.setCursor(cursor);
        }
        ListResponse page = gateway.call(ObjectStoreGrpc.getListMethod(), request.build());
        return new ListPage(
                page.getObjectsList().stream().map(RemoteMessages::info).toList(),
                page.getCursor().isEmpty() ? null : page.getCursor());
    }

    @Override
    public AutoCloseable watch(WatchQuery query, Consumer<ObjectEvent> listener) {
        checkOpen();
        WatchRequest.Builder request = RemoteMessages.request(query);
        AtomicLong number = new AtomicLong();
        Watching watching =
                Watching.begin(
                        (after, heard) -> listen(request.clone(), after, number, heard),
                        listener,
                        gateway.address().toString(),
                        gateway.timeout());
        watchings.add(watching);
        return () -> {
            watchings.remove(watching);
            watching.close();
        };
    }

    private void listen(
            WatchRequest.Builder request,
            @Nullable String after,
            AtomicLong number,
            Consumer<Watching.Heard> heard) {
        if (after != null) {
            request.setAfter(after);
        }
        gateway.listen(
                ObjectStoreGrpc.getWatchMethod(),
                request.build(),
                event -> heard.accept(RemoteMessages.heard(event, number.incrementAndGet())));
    }

    @Override
    public NodeInfo node() {
        return RemoteMessages.node(localNode());
    }

    /** Who is attached to the node, and what they hold, is no business of callers from outside. */
    @Override
    public NodeActivity activity(int pinnedMax) {
        return new NodeActivity(node(), null, List.of(), 0);
    }

    /** The gateway's own node, with its folder. */
    io.tokamak.proto.v1.Node localNode() {
        checkOpen();
        return gateway.call(NodesGrpc.getGetNodeMethod(), LOCAL_NODE).getNode();
    }

    private void checkOpen() {
        if (closed) {
            throw InvalidState.used("client", "closed");
        }
    }

    @Override
    public void close() {
        closed = true;
        watchings.forEach(Watching::close);
        gateway.close();
    }
}
