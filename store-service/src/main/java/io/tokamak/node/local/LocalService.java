package io.tokamak.node.local;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.tokamak.layout.SessionFile;
import io.tokamak.node.objects.Ledger;
import io.tokamak.node.objects.PinHolder;
import io.tokamak.node.objects.SessionInfo;
import io.tokamak.node.objects.Store;
import io.tokamak.node.objects.StoreListing;
import io.tokamak.objects.MetadataCodec;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectMetadata;
import io.tokamak.objects.TokamakException;
import io.tokamak.proto.local.v1.AttachRequest;
import io.tokamak.proto.local.v1.AttachResponse;
import io.tokamak.proto.local.v1.Counters;
import io.tokamak.proto.local.v1.DeleteRequest;
import io.tokamak.proto.local.v1.DeleteResponse;
import io.tokamak.proto.local.v1.DescribeRequest;
import io.tokamak.proto.local.v1.Event;
import io.tokamak.proto.local.v1.ExtendRequest;
import io.tokamak.proto.local.v1.ExtendResponse;
import io.tokamak.proto.local.v1.Group;
import io.tokamak.proto.local.v1.InterestRequest;
import io.tokamak.proto.local.v1.InterestResponse;
import io.tokamak.proto.local.v1.LeaseRequest;
import io.tokamak.proto.local.v1.LeaseResponse;
import io.tokamak.proto.local.v1.ListRequest;
import io.tokamak.proto.local.v1.ListResponse;
import io.tokamak.proto.local.v1.LocalGrpc;
import io.tokamak.proto.local.v1.NodeStatus;
import io.tokamak.proto.local.v1.ObjectDescription;
import io.tokamak.proto.local.v1.Pin;
import io.tokamak.proto.local.v1.PinnedObject;
import io.tokamak.proto.local.v1.Presence;
import io.tokamak.proto.local.v1.ResolveRequest;
import io.tokamak.proto.local.v1.ResolveResponse;
import io.tokamak.proto.local.v1.ReturnRequest;
import io.tokamak.proto.local.v1.ReturnResponse;
import io.tokamak.proto.local.v1.Session;
import io.tokamak.proto.local.v1.StatusRequest;
import io.tokamak.proto.local.v1.WatchRequest;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * {@code tokamak.local.v1.Local}: turns messages into commands of the store, and answers back. A
 * malformed message ends its call and harms nobody else.
 */
final class LocalService extends LocalGrpc.LocalImplBase {
    private static final int IDS_MAX = 100_000;
    private static final int PINNED_MAX = 1000;
    private static final long TIMEOUT_MILLIS_MAX = 300_000;

    private final Store store;
    private final StoreListing listing;
    private final EventFeed feed;
    private final Executor readers;

    LocalService(Store store, StoreListing listing, EventFeed feed, Executor readers) {
        this.store = store;
        this.listing = listing;
        this.feed = feed;
        this.readers = readers;
    }

    @Override
    public StreamObserver<AttachRequest> attach(StreamObserver<AttachResponse> responses) {
        return new AttachConnection(store, PeerNegotiation.peer(), responses);
    }

    /**
     * @param gone completed when the caller has given up
     */
    private CompletableFuture<Store.Lease> lease(
            LeaseRequest request, CompletableFuture<Void> gone) {
        String session = request.getSession();
        Integer lane = request.hasLane() ? request.getLane() : null;
        int kind =
                switch (request.getKind()) {
                    case KIND_SHARED -> SessionFile.KIND_SHARED;
                    case KIND_SINGLE -> SessionFile.KIND_SINGLE;
                    case KIND_UNSPECIFIED, UNRECOGNIZED ->
                            throw LocalErrors.invalid("kind " + request.getKindValue());
                };
        ObjectId reserve = request.getReserve().isEmpty() ? null : id(request.getReserve());
        long timeoutNanos = nanos(request.getTimeoutMillis());
        CompletableFuture<Void> returned =
                request.getReturnsCount() == 0
                        ? CompletableFuture.completedFuture(null)
                        : store.giveBack(session, request.getReturnsList());
        return returned.thenCompose(
                _ -> {
                    CompletableFuture<Store.Lease> lease =
                            store.lease(
                                    session,
                                    lane,
                                    kind,
                                    request.getSizeBytes(),
                                    request.getWelcomeBytes(),
                                    reserve,
                                    timeoutNanos);
                    var _ =
                            gone.thenRun(
                                    () ->
                                            lease.completeExceptionally(
                                                    Status.CANCELLED.asRuntimeException()));
                    return lease;
                });
    }

    @Override
    public void lease(LeaseRequest request, StreamObserver<LeaseResponse> responses) {
        CompletableFuture<Void> gone = new CompletableFuture<>();
        if (responses instanceof ServerCallStreamObserver<LeaseResponse> call) {
            call.setOnCancelHandler(() -> gone.complete(null));
        }
        answer(
                responses,
                () -> lease(request, gone),
                lease ->
                        LeaseResponse.newBuilder()
                                .setLane(lease.lane())
                                .setExtentNumber(lease.extentNumber())
                                .setStart(lease.start())
                                .setLength(lease.length())
                                .build());
    }

    @Override
    public void extend(ExtendRequest request, StreamObserver<ExtendResponse> responses) {
        answer(
                responses,
                () -> store.extend(request.getSession(), request.getLane(), request.getLength()),
                length -> ExtendResponse.newBuilder().setLength(length).build());
    }

    @Override
    public void return_(ReturnRequest request, StreamObserver<ReturnResponse> responses) {
        answer(
                responses,
                () -> store.giveBack(request.getSession(), request.getLanesList()),
                _ -> ReturnResponse.getDefaultInstance());
    }

    @Override
    public void resolve(ResolveRequest request, StreamObserver<ResolveResponse> responses) {
        answer(
                responses,
                () -> {
                    List<ObjectId> ids = ids(request.getIdsList());
                    int count = request.getCount() == 0 ? ids.size() : request.getCount();
                    CompletableFuture<Store.Presence> presence =
                            store.resolve(ids, count, nanos(request.getTimeoutMillis()));
                    if (request.getTimeoutMillis() > 0
                            && responses
                                    instanceof ServerCallStreamObserver<ResolveResponse> call) {
                        // Who gave up does not keep the node waiting.
                        call.setOnCancelHandler(
                                () -> presence.complete(new Store.Presence(Set.of())));
                    }
                    return presence.thenApply(found -> presences(ids, found));
                },
                presences -> ResolveResponse.newBuilder().addAllPresences(presences).build());
    }

    @Override
    public void interest(InterestRequest request, StreamObserver<InterestResponse> responses) {
        answer(
                responses,
                () -> {
                    List<ObjectId> ids = ids(request.getIdsList());
                    return request.getRemove()
                            ? store.removeInterest(request.getSession(), ids)
                                    .thenApply(_ -> List.<Presence>of())
                            : store.addInterest(request.getSession(), ids)
                                    .thenApply(found -> presences(ids, found));
                },
                presences -> InterestResponse.newBuilder().addAllPresences(presences).build());
    }

    private static List<Presence> presences(List<ObjectId> ids, Store.Presence found) {
        List<Presence> presences = new ArrayList<>(ids.size());
        for (ObjectId id : ids) {
            presences.add(
                    found.present().contains(id)
                            ? Presence.PRESENCE_PRESENT
                            : Presence.PRESENCE_ABSENT);
        }
        return presences;
    }

    @Override
    public void delete(DeleteRequest request, StreamObserver<DeleteResponse> responses) {
        answer(
                responses,
                () -> delete(request),
                deletion ->
                        DeleteResponse.newBuilder()
                                .setDeleted(deletion.deleted().size())
                                .setWereThere(
                                        bytes(
                                                deletion.wereThere(),
                                                request.hasGroup()
                                                        ? 0
                                                        : request.getIds().size()
                                                                / ObjectId.SIZE_BYTES))
                                .build());
    }

    private CompletableFuture<Store.Deletion> delete(DeleteRequest request) {
        List<ObjectId> ids = ids(request.getIds());
        if (request.getIncarnation() == 0) {
            return request.hasGroup() ? store.delete(group(request.getGroup())) : store.delete(ids);
        }
        if (request.hasGroup() || ids.size() != 1) {
            throw LocalErrors.invalid("an incarnation for other than one id");
        }
        return store.delete(ids.getFirst(), request.getIncarnation());
    }

    private static ByteString bytes(BitSet bits, int count) {
        byte[] bytes = new byte[count];
        bits.stream().filter(bit -> bit < count).forEach(bit -> bytes[bit] = 1);
        return ByteString.copyFrom(bytes);
    }

    @Override
    public void list(ListRequest request, StreamObserver<ListResponse> responses) {
        answer(
                responses,
                () -> {
                    StoreListing.Filter filter =
                            new StoreListing.Filter(
                                    emptyToNull(request.getNamespace()),
                                    emptyToNull(request.getPrefix()),
                                    request.hasGroup() ? group(request.getGroup()) : null,
                                    emptyToNull(request.getMediaType()));
                    String cursor = emptyToNull(request.getCursor());
                    return drainedBefore(cursor)
                            .thenApplyAsync(
                                    _ -> listing.page(filter, request.getLimit(), cursor), readers);
                },
                this::page);
    }

    /**
     * A list has what was put before it began: its first page comes after all lanes were drained.
     */
    private CompletableFuture<?> drainedBefore(@Nullable String cursor) {
        return cursor == null
                ? store.resolve(List.of(), 0, 0)
                : CompletableFuture.completedFuture(cursor);
    }

    private ListResponse page(StoreListing.Page page) {
        ListResponse.Builder response = ListResponse.newBuilder();
        for (StoreListing.Entry entry : page.entries()) {
            response.addObjects(
                    ObjectDescription.newBuilder()
                            .setId(ByteString.copyFrom(entry.id().toBytes()))
                            .setIncarnation(entry.incarnation())
                            .setSizeBytes(entry.sizeBytes())
                            .setMetadata(encode(entry.metadata()))
                            .setExpiresMillis(entry.expiryMillis())
                            .setStoreNumber(store.storeNumber()));
        }
        if (page.cursor() != null) {
            response.setCursor(page.cursor());
        }
        return response.build();
    }

    private static ByteString encode(@Nullable ObjectMetadata metadata) {
        return metadata == null
                ? ByteString.EMPTY
                : ByteString.copyFrom(MetadataCodec.encode(metadata, 0, 0));
    }

    @Override
    public void describe(DescribeRequest request, StreamObserver<ObjectDescription> responses) {
        answer(
                responses,
                () -> store.describe(id(request.getId())),
                found -> {
                    if (found == null) {
                        throw LocalErrors.status(
                                Status.Code.NOT_FOUND,
                                "no such object",
                                "object-not-found",
                                java.util.Map.of("id", id(request.getId()).toString()));
                    }
                    return description(found);
                });
    }

    private ObjectDescription description(Store.Description found) {
        ObjectDescription.Builder description =
                ObjectDescription.newBuilder()
                        .setId(ByteString.copyFrom(found.id().toBytes()))
                        .setIncarnation(found.incarnation())
                        .setSizeBytes(found.sizeBytes())
                        .setMetadata(encode(found.metadata()))
                        .setExpiresMillis(found.expiryMillis())
                        .setStoreNumber(store.storeNumber());
        for (PinHolder pin : found.pins()) {
            description.addPins(
                    Pin.newBuilder()
                            .setSessionNumber(pin.sessionNumber())
                            .setPid(pin.pid())
                            .setLanguage(pin.language())
                            .setName(pin.name())
                            .setSinceMillis(pin.sinceMillis())
                            .setCount(pin.count()));
        }
        return description.build();
    }

    @Override
    public void watch(WatchRequest request, StreamObserver<Event> responses) {
        if (responses instanceof ServerCallStreamObserver<Event> events) {
            feed.watch(request, events);
        }
    }

    @Override
    public void status(StatusRequest request, StreamObserver<NodeStatus> responses) {
        answer(
                responses,
                () ->
                        store.status()
                                .thenCombine(
                                        pinned(request),
                                        (status, pinned) -> status(request, status, pinned)),
                Function.identity());
    }

    private CompletableFuture<Store.Pinned> pinned(StatusRequest request) {
        int max = request.getPinnedMax();
        if (max < 0 || max > PINNED_MAX) {
            throw LocalErrors.invalid(
                    "%s pinned objects; at most %d at once"
                            .formatted(Integer.toUnsignedString(max), PINNED_MAX));
        }
        return max == 0
                ? CompletableFuture.completedFuture(new Store.Pinned(List.of(), 0))
                : store.pinned(max);
    }

    private NodeStatus status(StatusRequest request, Store.Status status, Store.Pinned pinned) {
        NodeStatus.Builder node =
                NodeStatus.newBuilder()
                        .setNodeId(store.id())
                        .setStoreNumber(store.storeNumber())
                        .setState("UP")
                        .setStartedMillis(store.startedMillis())
                        .setAddress(Objects.requireNonNullElse(store.address(), ""))
                        .setLedger(ledger(status.ledger()))
                        .setObjects(status.objects())
                        .setCounters(counters(status.counters()))
                        .setPinnedTotal(pinned.count());
        if (request.getSessions()) {
            status.sessions().forEach(session -> node.addSessions(session(session)));
        }
        for (Store.PinnedObject object : pinned.objects()) {
            node.addPinned(
                    PinnedObject.newBuilder()
                            .setObject(description(object.object()))
                            .setDeleted(object.deleted()));
        }
        return node.build();
    }

    private static Counters counters(Store.Counters counters) {
        return Counters.newBuilder()
                .setPublished(counters.published())
                .setSealedBytes(counters.sealedBytes())
                .setGets(counters.gets())
                .setMisses(counters.misses())
                .setDeleted(counters.deleted())
                .setDeletedBytes(counters.deletedBytes())
                .setAllocationFailures(counters.allocationFailures())
                .setFencedSessions(counters.fencedSessions())
                .build();
    }

    private static io.tokamak.proto.local.v1.Ledger ledger(Ledger ledger) {
        return io.tokamak.proto.local.v1.Ledger.newBuilder()
                .setCapacity(ledger.capacity())
                .setInUse(ledger.inUse())
                .setFree(ledger.free())
                .setLeased(ledger.leased())
                .setCondemned(ledger.condemned())
                .setWithheld(ledger.withheld())
                .setPinned(ledger.pinned())
                .setLargestFree(ledger.largestFree())
                .setIndex(ledger.index())
                .build();
    }

    private static Session session(SessionInfo info) {
        return Session.newBuilder()
                .setNumber(info.number())
                .setPid(info.pid())
                .setLanguage(info.language())
                .setName(info.name())
                .setAttachedMillis(info.attachedMillis())
                .setFenced(info.fenced())
                .setPinnedBytes(info.pinnedBytes())
                .setPins(info.pins())
                .setLeasedBytes(info.leasedBytes())
                .setLanes(info.lanes())
                .build();
    }

    private <T, R> void answer(
            StreamObserver<R> responses,
            Supplier<CompletableFuture<T>> command,
            Function<T, R> response) {
        CompletableFuture<T> future;
        try {
            future = command.get();
        } catch (io.grpc.StatusRuntimeException | TokamakException e) {
            responses.onError(LocalErrors.statusOf(e));
            return;
        }
        var _ =
                future.thenApply(response)
                        .whenComplete(
                                (message, failure) -> {
                                    if (failure != null) {
                                        responses.onError(LocalErrors.statusOf(failure));
                                    } else {
                                        responses.onNext(message);
                                        responses.onCompleted();
                                    }
                                });
    }

    private static ObjectId id(ByteString bytes) {
        if (bytes.size() != ObjectId.SIZE_BYTES) {
            throw LocalErrors.invalid("an id of %d bytes; it has 16".formatted(bytes.size()));
        }
        return ObjectId.ofBytes(bytes.toByteArray(), 0);
    }

    private static List<ObjectId> ids(List<ByteString> all) {
        checkCount(all.size());
        List<ObjectId> ids = new ArrayList<>(all.size());
        for (ByteString one : all) {
            ids.add(id(one));
        }
        return ids;
    }

    private static List<ObjectId> ids(ByteString packed) {
        if (packed.size() % ObjectId.SIZE_BYTES != 0) {
            throw LocalErrors.invalid("ids of %d bytes; each has 16".formatted(packed.size()));
        }
        int count = packed.size() / ObjectId.SIZE_BYTES;
        checkCount(count);
        byte[] bytes = packed.toByteArray();
        List<ObjectId> ids = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            ids.add(ObjectId.ofBytes(bytes, i * ObjectId.SIZE_BYTES));
        }
        return ids;
    }

    private static void checkCount(int count) {
        if (count > IDS_MAX) {
            throw LocalErrors.invalid("%d ids; at most %d at once".formatted(count, IDS_MAX));
        }
    }

    private static long nanos(long millis) {
        if (millis < 0 || millis > TIMEOUT_MILLIS_MAX) {
            throw LocalErrors.invalid(
                    "a timeout of %s ms; at most %d"
                            .formatted(Long.toUnsignedString(millis), TIMEOUT_MILLIS_MAX));
        }
        return TimeUnit.MILLISECONDS.toNanos(millis);
    }

    private static io.tokamak.objects.Group group(Group group) {
        return new io.tokamak.objects.Group(group.getNamespace(), group.getName());
    }

    private static @Nullable String emptyToNull(String text) {
        return text.isEmpty() ? null : text;
    }
}
