package io.tokamak.client;

import com.google.protobuf.ByteString;
import io.tokamak.objects.CorruptObject;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectInfo;
import io.tokamak.objects.ObjectNotFound;
import io.tokamak.proto.v1.BatchGetRequest;
import io.tokamak.proto.v1.BatchGetResponse;
import io.tokamak.proto.v1.BatchGetResponse.Item;
import io.tokamak.proto.v1.ObjectStoreGrpc;
import io.tokamak.remote.Gateway;
import io.tokamak.remote.Messages;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** Fetches many objects, small ones many in a message, until all are there or the deadline is. */
final class RemoteBatch {
    private static final int COUNT_MAX = 10_000;

    private final Gateway gateway;
    private final List<ObjectId> ids;
    private final Deadline deadline;
    private final BiFunction<ObjectId, Deadline, ObjectView> single;
    private final @Nullable ObjectView[] views;

    /** Where in {@link #ids} those of the current request are, and which of these are large. */
    private int[] asked = {};

    private final BitSet large = new BitSet();

    /**
     * @param single gets an object that is too large for a batch
     */
    RemoteBatch(
            Gateway gateway,
            List<ObjectId> ids,
            Deadline deadline,
            BiFunction<ObjectId, Deadline, ObjectView> single) {
        this.gateway = gateway;
        this.ids = ids;
        this.deadline = deadline;
        this.single = single;
        this.views = new ObjectView[ids.size()];
    }

    /** All or none. */
    ObjectViews run() {
        boolean done = false;
        try {
            fetch();
            done = true;
            return new HeldViews(views);
        } finally {
            if (!done) {
                for (ObjectView view : views) {
                    if (view != null) {
                        view.close();
                    }
                }
            }
        }
    }

    private void fetch() {
        boolean lastTry;
        do {
            lastTry = deadline.isExpired();
            for (int from = 0; from < views.length; from += COUNT_MAX) {
                fetch(from, Math.min(views.length, from + COUNT_MAX));
            }
            for (int at = large.nextSetBit(0); at >= 0; at = large.nextSetBit(at + 1)) {
                views[at] = single.apply(ids.get(at), deadline);
            }
            large.clear();
        } while (!isComplete() && !lastTry);
        checkComplete();
    }

    private void fetch(int from, int to) {
        Duration silenceMax = deadline.remaining().plus(gateway.timeout());
        gateway.stream(
                ObjectStoreGrpc.getBatchGetMethod(),
                () -> request(from, to),
                Deadline.after(silenceMax),
                silenceMax,
                this::take);
    }

    /** What has not come yet, which after a stream that broke is the rest. Null: all has. */
    private @Nullable BatchGetRequest request(int from, int to) {
        asked = pending(from, to);
        if (asked.length == 0) {
            return null;
        }
        BatchGetRequest.Builder request = BatchGetRequest.newBuilder().setWithInfo(true);
        for (int at : asked) {
            request.addObjects(RemoteMessages.ref(ids.get(at)));
        }
        if (!deadline.isExpired()) {
            request.setWait(Messages.wait(deadline));
        }
        return request.build();
    }

    private int[] pending(int from, int to) {
        int[] pending = new int[to - from];
        int count = 0;
        for (int at = from; at < to; at++) {
            if (views[at] == null && !large.get(at)) {
                pending[count++] = at;
            }
        }
        return Arrays.copyOf(pending, count);
    }

    private void take(BatchGetResponse response) {
        List<Integer> places = new ArrayList<>();
        List<ObjectInfo> infos = new ArrayList<>();
        List<ByteString> payloads = new ArrayList<>();
        for (Item item : response.getItemsList()) {
            if (item.getIndex() < 0 || item.getIndex() >= asked.length) {
                throw new CorruptObject(
                        "%s answers item %d of %d"
                                .formatted(gateway.address(), item.getIndex(), asked.length));
            }
            int at = asked[item.getIndex()];
            switch (item.getOutcomeCase()) {
                case DATA -> {
                    checkWhole(item);
                    places.add(at);
                    infos.add(RemoteMessages.info(item.getObject()));
                    payloads.add(item.getData());
                }
                case TOO_LARGE_BYTES -> large.set(at);
                case MISSING, OUTCOME_NOT_SET -> {}
            }
        }
        if (!places.isEmpty()) {
            Fetched fetched = new Fetched(infos);
            for (int i = 0; i < places.size(); i++) {
                payloads.get(i).copyTo(fetched.payload(i).asByteBuffer());
                views[places.get(i)] = fetched.view(i);
            }
        }
    }

    private void checkWhole(Item item) {
        if (item.getData().size() != item.getObject().getSizeBytes()) {
            throw new CorruptObject(
                    "%s sends %d bytes of %d of object %s"
                            .formatted(
                                    gateway.address(),
                                    item.getData().size(),
                                    item.getObject().getSizeBytes(),
                                    item.getObject().getId()));
        }
    }

    private boolean isComplete() {
        return Arrays.stream(views).allMatch(view -> view != null);
    }

    private void checkComplete() {
        ObjectNotFound first = null;
        for (int at = 0; at < views.length; at++) {
            if (views[at] == null) {
                ObjectNotFound missing = new ObjectNotFound(ids.get(at));
                if (first == null) {
                    first = missing;
                } else {
                    first.addSuppressed(missing);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
