package io.tokamak.node.objects;

import static org.assertj.core.api.Assertions.assertThat;

import io.tokamak.layout.PoolFile;
import io.tokamak.layout.SessionFile;
import io.tokamak.objects.Group;
import io.tokamak.objects.Lifetime;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectMetadata;
import io.tokamak.objects.ObjectName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Clients of one store that ask for one thing after the other, drawn at random: leases, longer
 * extents, returns, deletes, pins; they come and go, and the node stops and starts.
 */
final class CommandSequence implements AutoCloseable {
    private static final int CLIENTS = 4;
    private static final int NAMES = 5;
    private static final int RECORDS_MAX = 30;

    /** More than what is written has. */
    private static final int METADATA_BYTES = 200;

    private final StoreFixture fixture;

    /** Looks, and does nothing else. */
    private final LaneClient seer;

    private final List<Actor> actors = new ArrayList<>();
    private final List<ObjectId> ids = new ArrayList<>();
    private final List<String> said = new ArrayList<>();
    private final Random random;
    private final boolean honest;
    private final Object writing = new Object();

    private final Set<ObjectId> present = new HashSet<>();
    private final Set<ObjectId> gone = new HashSet<>();
    private volatile Promised promised = new Promised(Set.of(), Set.of());

    /** An extent as it was leased, and how much of it has been committed. */
    private record Known(int kind, long extent, long start, long length, long used) {
        /** The rest of a lane for one record may be somebody else's from here on. */
        Known committed(long end) {
            return new Known(
                    kind, extent, start, kind == SessionFile.KIND_SINGLE ? end : length, end);
        }

        Known extended(long newLength) {
            return new Known(kind, extent, start, newLength, used);
        }
    }

    /**
     * What every node that comes after has to keep.
     *
     * @param present anonymous objects that were committed by honest clients, and are not being
     *     deleted
     * @param gone objects whose delete was answered
     */
    record Promised(Set<ObjectId> present, Set<ObjectId> gone) {}

    private static final class Actor {
        final LaneClient client;
        final Map<Integer, Known> lanes = new HashMap<>();
        final List<LaneClient.Pinned> pins = new ArrayList<>();

        Actor(LaneClient client) {
            this.client = client;
        }
    }

    /**
     * @param honest whether clients keep the rules of what they write
     */
    CommandSequence(StoreFixture fixture, long seed, boolean honest) {
        this.fixture = fixture;
        this.random = new Random(seed);
        this.honest = honest;
        seer = fixture.attach();
    }

    /** For the node's thread as well. */
    Promised promised() {
        return promised;
    }

    /** Held while clients write, and never while they ask. */
    Object writing() {
        return writing;
    }

    /** Puts small objects that nobody deletes, so that the index grows. */
    void fill(int count) {
        try (LaneClient client = fixture.attach()) {
            for (int i = 0; i < count; i++) {
                client.room(PoolFile.recordBytesMax(0, 1));
                synchronized (writing) {
                    committed(client.put(TestBytes.of(1)));
                }
            }
            see();
        }
    }

    /** Has a client do something. */
    void step() {
        while (actors.size() < CLIENTS) {
            actors.add(new Actor(fixture.attach()));
        }
        Actor actor = actors.get(random.nextInt(actors.size()));
        int what = random.nextInt(100);
        if (what < 25) {
            lease(actor);
        } else if (what < 55) {
            write(actor);
        } else if (what < 65) {
            extend(actor);
        } else if (what < 78) {
            giveBack(actor);
        } else if (what < 88) {
            delete();
        } else if (what < 94) {
            pinOrUnpin(actor);
        } else if (what < 96 && !honest) {
            lie(actor);
        } else if (what < 98) {
            leave(actor);
        } else if (what < 99) {
            claimSlowlyOrNot();
        } else {
            say("restart");
            fixture.names.gate.complete(null);
            fixture.restart();
        }
        see();
    }

    /** The node lives, and what it says of its bytes adds up; else the last commands are told. */
    private Ledger balanced() {
        try {
            return fixture.balanced();
        } catch (AssertionError e) {
            throw new AssertionError("after %s".formatted(said), e);
        }
    }

    /** All that was committed is there, once everything is drained. */
    private void see() {
        Ledger _ = balanced();
        assertThat(present).as("after %s", said).allMatch(id -> seer.find(id) >= 0);
    }

    private void committed(ObjectId id) {
        if (honest) {
            present.add(id);
            promise();
        }
    }

    private void promise() {
        promised = new Promised(Set.copyOf(present), Set.copyOf(gone));
    }

    /** All clients end, and leave nothing. */
    void end() {
        fixture.names.gate.complete(null);
        List<LaneClient> clients = actors.stream().map(actor -> actor.client).toList();
        close();
        clients.forEach(client -> Eventually.holds("buried", client::isBuried));
        assertThat(balanced().leased()).isZero();
        fixture.sound();
    }

    @Override
    public void close() {
        actors.forEach(actor -> actor.client.close());
        actors.clear();
        seer.close();
    }

    private void say(String line) {
        if (said.size() > 12) {
            said.removeFirst();
        }
        said.add(line);
    }

    /** Null: it was refused. */
    private static <T> @Nullable T answer(CompletableFuture<T> command) {
        try {
            return StoreFixture.get(command);
        } catch (CommandRefused refused) {
            return null;
        }
    }

    /** Mostly one that the client has. */
    private int anyLane(Actor actor) {
        List<Integer> known = List.copyOf(actor.lanes.keySet());
        return known.isEmpty() || random.nextInt(10) == 0
                ? random.nextInt(SessionFile.LANE_COUNT + 2) - 1
                : known.get(random.nextInt(known.size()));
    }

    /** More often small than large. */
    private long anySize() {
        return 1 + (random.nextLong() >>> (41 + random.nextInt(23)));
    }

    private static ObjectName name(int number) {
        return new ObjectName("test", "name " + number);
    }

    private void lease(Actor actor) {
        Integer lane = random.nextInt(3) == 0 ? anyLane(actor) : null;
        int kind = random.nextBoolean() ? SessionFile.KIND_SHARED : SessionFile.KIND_SINGLE;
        long size = anySize();
        long welcome = random.nextInt(3) == 0 ? anySize() : 0;
        ObjectId reserve =
                random.nextInt(5) == 0 ? ObjectId.named(name(random.nextInt(NAMES))) : null;
        Store.Lease lease =
                answer(
                        fixture.store.lease(
                                actor.client.name, lane, kind, size, welcome, reserve, 0));
        say("lease of %d and %d, lane %s, kind %d: %s".formatted(size, welcome, lane, kind, lease));
        if (lease == null) {
            return;
        }
        Known known = new Known(kind, lease.extentNumber(), lease.start(), lease.length(), 0);
        Known before = actor.lanes.put(lease.lane(), known);
        if (before != null && before.extent() != known.extent()) {
            take(actor, lease.lane());
            synchronized (writing) {
                actor.client.storeTail(SessionFile.position(known.extent(), 0));
            }
        }
    }

    private Known take(Actor actor, int lane) {
        Known known = Objects.requireNonNull(actor.lanes.get(lane));
        actor.client.lane = lane;
        actor.client.extent = known.extent();
        actor.client.start = known.start();
        actor.client.length = known.length();
        actor.client.used = known.used();
        return known;
    }

    private void write(Actor actor) {
        if (actor.lanes.isEmpty()) {
            return;
        }
        int lane = anyLane(actor);
        if (!actor.lanes.containsKey(lane)) {
            return;
        }
        int records = 1 + random.nextInt(RECORDS_MAX);
        for (int i = 0; i < records; i++) {
            write(actor, lane);
        }
    }

    private void write(Actor actor, int lane) {
        Known known = take(actor, lane);
        int size = (int) Math.min(anySize(), 100_000);
        if (known.used() + PoolFile.recordBytesMax(METADATA_BYTES, size) > known.length()) {
            return;
        }
        ObjectMetadata metadata =
                switch (random.nextInt(4)) {
                    case 0 -> ObjectMetadata.named(name(random.nextInt(NAMES)));
                    case 1 -> ObjectMetadata.PLAIN.withGroup(new Group("test", "group"));
                    case 2 -> ObjectMetadata.PLAIN.withLifetime(Lifetime.session());
                    default -> ObjectMetadata.PLAIN;
                };
        ObjectName name = metadata.name();
        ObjectId id = name == null ? actor.client.nextId() : ObjectId.named(name);
        synchronized (writing) {
            long end = actor.client.write(id, TestBytes.of(size), metadata);
            actor.client.commit(end);
            actor.lanes.put(lane, known.committed(end));
            if (name == null && !metadata.lifetime().equals(Lifetime.session())) {
                committed(id);
            }
        }
        ids.add(id);
        say("%d bytes of %s to lane %d".formatted(size, id, lane));
    }

    private void extend(Actor actor) {
        int lane = anyLane(actor);
        long length = anySize() * (1 + random.nextInt(3));
        Long now = answer(fixture.store.extend(actor.client.name, lane, length));
        say("lane %d extended to %d: %s".formatted(lane, length, now));
        Known known = actor.lanes.get(lane);
        if (now != null && known != null) {
            actor.lanes.put(lane, known.extended(now));
        }
    }

    private void giveBack(Actor actor) {
        List<Integer> lanes =
                IntStream.range(0, 1 + random.nextInt(3)).mapToObj(_ -> anyLane(actor)).toList();
        say("gave back %s".formatted(lanes));
        var _ = answer(fixture.store.giveBack(actor.client.name, lanes));
        lanes.forEach(actor.lanes::remove);
    }

    private void delete() {
        List<ObjectId> some = ids.stream().filter(_ -> random.nextBoolean()).toList();
        ids.removeAll(some);
        present.removeAll(some);
        promise();
        say("deleted %s".formatted(some));
        Store.Deletion deletion = answer(fixture.store.delete(some));
        if (deletion != null) {
            deletion.deleted().stream().filter(ObjectId::isAnonymous).forEach(gone::add);
        }
    }

    private void pinOrUnpin(Actor actor) {
        if (!actor.pins.isEmpty() && random.nextBoolean()) {
            actor.client.unpin(actor.pins.removeLast().word());
        } else if (!ids.isEmpty() && actor.pins.size() < 20) {
            ObjectId id = ids.get(random.nextInt(ids.size()));
            if (actor.client.read(id) != null) {
                actor.pins.add(actor.client.pin(id));
            }
        }
    }

    private void lie(Actor actor) {
        int lane = anyLane(actor);
        if (!actor.lanes.containsKey(lane)) {
            return;
        }
        Known known = take(actor, lane);
        long offset = (known.used() + (random.nextInt(9) - 4) * 4096L) & -16;
        say("tail of lane %d at %d".formatted(lane, offset));
        actor.client.storeTail(
                SessionFile.position(known.extent() + random.nextInt(2), Math.max(0, offset)));
        actor.lanes.remove(lane);
    }

    /** Names are claimed no more, or those that waited for it. */
    private void claimSlowlyOrNot() {
        if (!fixture.names.gate.complete(null)) {
            fixture.names.gate = new CompletableFuture<>();
        }
        say("names are claimed: " + fixture.names.gate.isDone());
    }

    private void leave(Actor actor) {
        say("session %d ends".formatted(actor.client.number));
        actor.client.close();
        actors.remove(actor);
        Eventually.holds("buried", actor.client::isBuried);
    }
}
