package io.tokamak.benchmarks;

import io.tokamak.client.ObjectView;
import io.tokamak.client.ObjectViews;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * One call each, on the store and on a map in this JVM: the same ids in the same random order, the
 * same loop over the bytes, the sum of which is checked at every call.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Benchmark)
public class CallsBenchmark {
    static final int BATCH = 1000;

    @Param({"64"})
    int size;

    @Param({"10000"})
    int count;

    private Corpus corpus = Corpus.NONE;

    /** Where a thread is in the order of ids. */
    @State(Scope.Thread)
    public static class Cursor {
        private static final AtomicInteger THREADS = new AtomicInteger();
        private final int start = THREADS.getAndIncrement();
        private final ObjectView[] views = new ObjectView[BATCH];
        private int at;
        private boolean placed;

        private int next(int count) {
            if (!placed) {
                at = (int) ((long) start % 8 * count / 8);
                placed = true;
            }
            int next = at + 1 < count ? at + 1 : 0;
            at = next;
            return next;
        }
    }

    /** Ids put by this thread, deleted in batches. */
    @State(Scope.Thread)
    public static class Written {
        private final List<ObjectId> ids = new ArrayList<>();
        private long counter;
    }

    /** Gives the objects' memory back. */
    static void discardCorpus() {
        Corpus.discard();
    }

    @Setup
    public void setup() {
        corpus = Corpus.of(size, count);
    }

    @Benchmark
    public long get(Cursor cursor) {
        try (ObjectView view = corpus.client.get(corpus.order[cursor.next(count)], Deadline.NONE)) {
            long sum = 0;
            for (int at = 0; at < size; at += Long.BYTES) {
                sum += view.getLong(at);
            }
            Payloads.check(sum);
            return sum;
        }
    }

    @Benchmark
    public long mapGet(Cursor cursor) {
        byte[] payload = corpus.map.get(corpus.order[cursor.next(count)]);
        if (payload == null) {
            throw new IllegalStateException("not in the map");
        }
        long sum = 0;
        for (int at = 0; at < size; at += Long.BYTES) {
            sum += (long) Payloads.LONGS.get(payload, at);
        }
        Payloads.check(sum);
        return sum;
    }

    @Benchmark
    public long getSegment(Cursor cursor) {
        try (ObjectView view = corpus.client.get(corpus.order[cursor.next(count)], Deadline.NONE)) {
            long sum = Payloads.sum(view.segment());
            Payloads.check(sum);
            return sum;
        }
    }

    @Benchmark
    public long read(Cursor cursor) {
        long sum =
                Payloads.sum(corpus.client.read(corpus.order[cursor.next(count)], Deadline.NONE));
        Payloads.check(sum);
        return sum;
    }

    @Benchmark
    public long mapRead(Cursor cursor) {
        byte[] payload = corpus.map.get(corpus.order[cursor.next(count)]);
        if (payload == null) {
            throw new IllegalStateException("not in the map");
        }
        long sum = Payloads.sum(payload.clone());
        Payloads.check(sum);
        return sum;
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public long getAll(Cursor cursor) {
        long total = 0;
        try (ObjectViews views =
                corpus.client.getAll(corpus.batch(cursor.next(corpus.batches())), Deadline.NONE)) {
            for (int i = 0; i < BATCH; i++) {
                ObjectView view = views.get(i);
                long sum = 0;
                for (int at = 0; at < size; at += Long.BYTES) {
                    sum += view.getLong(at);
                }
                Payloads.check(sum);
                total += sum;
            }
        }
        return total;
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public long getEach(Cursor cursor) {
        long total = 0;
        List<ObjectId> ids = corpus.batch(cursor.next(corpus.batches()));
        for (int i = 0; i < BATCH; i++) {
            try (ObjectView view = corpus.client.get(ids.get(i), Deadline.NONE)) {
                long sum = 0;
                for (int at = 0; at < size; at += Long.BYTES) {
                    sum += view.getLong(at);
                }
                Payloads.check(sum);
                total += sum;
            }
        }
        return total;
    }

    /**
     * As {@link #getEach}, but all are open at once, as with {@link #getAll}: no view is optimised
     * away.
     */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public long getEachKept(Cursor cursor) {
        long total = 0;
        List<ObjectId> ids = corpus.batch(cursor.next(corpus.batches()));
        ObjectView[] views = cursor.views;
        int opened = 0;
        try {
            while (opened < BATCH) {
                ObjectView view = corpus.client.get(ids.get(opened), Deadline.NONE);
                views[opened++] = view;
                long sum = 0;
                for (int at = 0; at < size; at += Long.BYTES) {
                    sum += view.getLong(at);
                }
                Payloads.check(sum);
                total += sum;
            }
        } finally {
            for (int i = 0; i < opened; i++) {
                views[i].close();
            }
        }
        return total;
    }

    @Benchmark
    public ObjectId put(Written written) {
        if (written.ids.size() == 10 * BATCH) {
            if (corpus.client.deleteAll(written.ids) != written.ids.size()) {
                throw new IllegalStateException("an object that was put is not there");
            }
            written.ids.clear();
        }
        ObjectId id = corpus.client.put(corpus.payload, PutOptions.DEFAULTS).id();
        written.ids.add(id);
        return id;
    }

    @Benchmark
    public ObjectId mapPut(Written written) {
        if (written.ids.size() == 10 * BATCH) {
            written.ids.forEach(corpus.map::remove);
            written.ids.clear();
        }
        ObjectId id = ObjectId.anonymous(0, 0, written.counter++);
        corpus.map.put(id, corpus.payload.clone());
        written.ids.add(id);
        return id;
    }

    /** The same objects in the store and in a map, put once by this JVM. */
    private static final class Corpus {
        private static final Corpus NONE = new Corpus();
        private static Corpus last = NONE;

        private final TokamakClient client;
        private final int size;
        private final ObjectId[] order;
        private final byte[] payload;
        private final ConcurrentHashMap<ObjectId, byte[]> map = new ConcurrentHashMap<>();
        private final List<List<ObjectId>> batches = new ArrayList<>();

        @SuppressWarnings("NullAway") // stands for none and is never used
        private Corpus() {
            client = null;
            size = 0;
            order = new ObjectId[0];
            payload = new byte[0];
        }

        private Corpus(int size, int count) {
            this.size = size;
            client = Worker.connect("bench-calls");
            payload = Payloads.make(size, 0);
            List<ObjectId> ids = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                byte[] bytes = Payloads.make(size, i);
                ObjectId id = client.put(bytes, PutOptions.DEFAULTS).id();
                map.put(id, bytes);
                ids.add(id);
            }
            Collections.shuffle(ids, new Random(1));
            order = new ObjectId[count];
            for (int i = 0; i < count; i++) { // equal to the map's keys, not the same
                ObjectId id = ids.get(i);
                order[i] = new ObjectId(id.mostSignificantBits(), id.leastSignificantBits());
            }
            for (int i = 0; i + BATCH <= count; i += BATCH) {
                batches.add(Arrays.asList(order).subList(i, i + BATCH));
            }
            client.getAll(List.of(order[0]), Deadline.NONE).close();
        }

        private static synchronized Corpus of(int size, int count) {
            if (last.size != size || last.order.length != count) {
                last = new Corpus(size, count);
            }
            return last;
        }

        private static synchronized void discard() {
            Corpus corpus = last;
            if (corpus != NONE) {
                corpus.client.deleteAll(Arrays.asList(corpus.order));
                corpus.client.close();
                last = NONE;
            }
        }

        private int batches() {
            return batches.size();
        }

        private List<ObjectId> batch(int index) {
            return batches.get(index);
        }
    }
}
