package io.tokamak.client;

import io.tokamak.objects.Deadline;
import io.tokamak.objects.Group;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectInfo;
import io.tokamak.objects.ObjectName;
import io.tokamak.objects.TokamakException;
import io.tokamak.proto.v1.Node;
import io.tokamak.remote.Gateway;
import io.tokamak.remote.GatewayAddress;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.Stream;
import net.openhft.chronicle.bytes.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * A gateway's client that goes to the node's memory itself where it can. Whether it can is looked
 * at again when the gateway was connected anew, or the nonce in the node's folder has changed.
 */
final class LocatingClient implements TokamakClient {
    private static final System.Logger LOG = System.getLogger(LocatingClient.class.getName());
    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final ConnectOptions options;
    private final Gateway gateway;
    private final RemoteClient remote;
    private final Thread thread;

    /** Mapped clients, the current one and those before: views and calls may still need them. */
    private final List<TokamakClient> mapped = new ArrayList<>();

    private volatile Route route;
    private volatile boolean isReconnected;
    private volatile boolean closed;

    /**
     * Where calls go.
     *
     * @param folder of the gateway's node; null: it was not looked for yet
     * @param nonce in the folder when it was looked at; null: there was none to be read
     * @param reader for all but writing
     */
    private record Route(
            @Nullable Path folder,
            @Nullable String nonce,
            TokamakClient reader,
            TokamakClient writer,
            Locality locality) {}

    private LocatingClient(ConnectOptions options, Gateway gateway) {
        this.options = options;
        this.gateway = gateway;
        this.remote = new RemoteClient(gateway);
        this.route = streaming(null, null, "not looked for yet");
        this.thread = Thread.ofPlatform().name("tokamak-locator").daemon().unstarted(this::run);
    }

    static TokamakClient connect(ConnectOptions options, GatewayAddress address) {
        Gateway gateway = new Gateway(address, options.token(), options.name(), options.timeout());
        LocatingClient client = new LocatingClient(options, gateway);
        try {
            client.locate();
            gateway.whenConnected(client::reconnected);
            client.thread.start();
            return client;
        } catch (RuntimeException | Error e) {
            client.close();
            throw e;
        }
    }

    private Route streaming(@Nullable Path folder, @Nullable String nonce, String reason) {
        return new Route(folder, nonce, remote, remote, new Locality(false, reason));
    }

    private void reconnected() {
        isReconnected = true;
        LockSupport.unpark(thread);
    }

    private void run() {
        while (!closed) {
            LockSupport.parkNanos(this, LOOK_NANOS);
            Route known = route;
            boolean isRestarted =
                    known.folder() != null
                            && !Objects.equals(known.nonce(), CoLocation.nonce(known.folder()));
            if (!closed && (isReconnected || isRestarted)) {
                isReconnected = false;
                try {
                    locate();
                } catch (RuntimeException | Error e) {
                    isReconnected = true;
                    LOG.log(System.Logger.Level.DEBUG, "cannot look where the node is", e);
                }
            }
        }
    }

    private void locate() {
        Node node = remote.localNode();
        Path folder = node.getFolder().isEmpty() ? null : Path.of(node.getFolder());
        String nonce = folder == null ? null : CoLocation.nonce(folder);
        Route next =
                switch (CoLocation.of(gateway, node.getFolder())) {
                    case CoLocation.Elsewhere(String reason) -> streaming(folder, nonce, reason);
                    case CoLocation.Here here -> mapped(here, nonce, node);
                };
        if (!next.locality().equals(route.locality())) {
            LOG.log(System.Logger.Level.DEBUG, "{0}: {1}", gateway.address(), next.locality());
        }
        route = next;
    }

    private Route mapped(CoLocation.Here here, @Nullable String nonce, Node node) {
        Route known = route;
        try {
            TokamakClient client =
                    known.locality().zeroCopy() && here.folder().equals(known.folder())
                            ? known.reader()
                            : map(here.folder());
            NodeInfo info = client.node();
            if (!info.id().equals(node.getId()) || info.storeNumber() != node.getStoreNumber()) {
                return streaming(
                        here.folder(),
                        nonce,
                        "nonce differs: %s is now that of node %s"
                                .formatted(here.folder(), info.id()));
            }
            String reason =
                    "store %s mapped from %s, proven to be that of %s"
                            .formatted(
                                    Integer.toUnsignedString(info.storeNumber()),
                                    here.folder(),
                                    gateway.address());
            return here.mayWrite()
                    ? new Route(here.folder(), nonce, client, client, new Locality(true, reason))
                    : new Route(
                            here.folder(),
                            nonce,
                            client,
                            remote,
                            new Locality(true, reason + "; permission to read only"));
        } catch (TokamakException e) {
            return streaming(here.folder(), nonce, e.detail());
        }
    }

    private TokamakClient map(Path folder) {
        TokamakClient client = MappedClient.connect(options.withFolder(folder));
        synchronized (mapped) {
            mapped.add(client);
            if (closed) {
                client.close();
            }
        }
        return client;
    }

    @Override
    public Locality locality() {
        return route.locality();
    }

    @Override
    public Stored put(byte[] payload, PutOptions putOptions) {
        return route.writer().put(payload, putOptions);
    }

    @Override
    public Stored put(ByteBuffer payload, PutOptions putOptions) {
        return route.writer().put(payload, putOptions);
    }

    @Override
    public Stored put(MemorySegment payload, PutOptions putOptions) {
        return route.writer().put(payload, putOptions);
    }

    @Override
    public Stored put(InputStream payload, PutOptions putOptions) {
        return route.writer().put(payload, putOptions);
    }

    @Override
    public Stored put(long sizeBytesMax, Consumer<Bytes<?>> writer, PutOptions putOptions) {
        return route.writer().put(sizeBytesMax, writer, putOptions);
    }

    @Override
    public ObjectWriter create(long sizeBytes, PutOptions putOptions) {
        return route.writer().create(sizeBytes, putOptions);
    }

    @Override
    public ObjectWriter create(PutOptions putOptions) {
        return route.writer().create(putOptions);
    }

    @Override
    public @Nullable Stored tryPut(ByteBuffer payload, PutOptions putOptions) {
        return route.writer().tryPut(payload, putOptions);
    }

    @Override
    public ObjectWriter createUnclaimed(OptionalLong sizeBytes, PutOptions putOptions) {
        return route.writer().createUnclaimed(sizeBytes, putOptions);
    }

    @Override
    public ObjectView get(ObjectId id, Deadline deadline) {
        return route.reader().get(id, deadline);
    }

    @Override
    public ObjectView get(ObjectName name, Deadline deadline) {
        return route.reader().get(name, deadline);
    }

    @Override
    public ObjectViews getAll(List<ObjectId> ids, Deadline deadline) {
        return route.reader().getAll(ids, deadline);
    }

    @Override
    public byte[] read(ObjectId id, Deadline deadline) {
        return route.reader().read(id, deadline);
    }

    @Override
    public byte[] read(ObjectName name, Deadline deadline) {
        return route.reader().read(name, deadline);
    }

    @Override
    public WaitResult await(Collection<ObjectId> ids, int count, Deadline deadline) {
        return route.reader().await(ids, count, deadline);
    }

    @Override
    public boolean contains(ObjectId id) {
        return route.reader().contains(id);
    }

    @Override
    public @Nullable ObjectView getIfPresent(ObjectId id) {
        return route.reader().getIfPresent(id);
    }

    @Override
    public @Nullable ObjectView getIfPresent(ObjectName name) {
        return route.reader().getIfPresent(name);
    }

    @Override
    public @Nullable ObjectCopy copyIfPresent(ObjectId id, int sizeBytesMax) {
        return route.reader().copyIfPresent(id, sizeBytesMax);
    }

    @Override
    public @Nullable ObjectCopy copyIfPresent(ObjectName name, int sizeBytesMax) {
        return route.reader().copyIfPresent(name, sizeBytesMax);
    }

    @Override
    public @Nullable ObjectView inspect(ObjectId id) {
        return route.reader().inspect(id);
    }

    @Override
    public boolean peek(ObjectId id) {
        return route.reader().peek(id);
    }

    @Override
    public @Nullable ObjectInfo head(ObjectId id) {
        return route.reader().head(id);
    }

    @Override
    public @Nullable ObjectInfo head(ObjectName name) {
        return route.reader().head(name);
    }

    @Override
    public boolean delete(ObjectId id) {
        return route.reader().delete(id);
    }

    @Override
    public boolean delete(ObjectName name) {
        return route.reader().delete(name);
    }

    @Override
    public boolean delete(ObjectId id, long incarnation) {
        return route.reader().delete(id, incarnation);
    }

    @Override
    public long deleteAll(Collection<ObjectId> ids) {
        return route.reader().deleteAll(ids);
    }

    @Override
    public BitSet deleteEach(List<ObjectId> ids) {
        return route.reader().deleteEach(ids);
    }

    @Override
    public long deleteGroup(Group group) {
        return route.reader().deleteGroup(group);
    }

    @Override
    public Stream<ObjectInfo> list(ListQuery query) {
        return route.reader().list(query);
    }

    @Override
    public ListPage page(ListQuery query, int limit, @Nullable String cursor) {
        return route.reader().page(query, limit, cursor);
    }

    /** From the gateway always: the subscription outlives a change of the route. */
    @Override
    public AutoCloseable watch(WatchQuery query, Consumer<ObjectEvent> listener) {
        return remote.watch(query, listener);
    }

    @Override
    public NodeInfo node() {
        return route.reader().node();
    }

    @Override
    public NodeActivity activity(int pinnedMax) {
        return route.reader().activity(pinnedMax);
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        synchronized (mapped) {
            mapped.forEach(TokamakClient::close);
        }
        remote.close();
    }
}
