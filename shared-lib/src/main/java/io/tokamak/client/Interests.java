package io.tokamak.client;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import io.tokamak.layout.SessionFile;
import io.tokamak.memory.Futex;
import io.tokamak.memory.Memory;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectId;
import io.tokamak.proto.local.v1.InterestRequest;
import io.tokamak.proto.local.v1.InterestResponse;
import io.tokamak.proto.local.v1.Presence;
import io.tokamak.session.Session;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What a session waits for: keeps the waiter's side of R6.
 *
 * <p>The node is told once of an object that several threads wait for, and again after its restart.
 * An interest stays for a while after its last waiter, so that who waits for the same object over
 * and over costs no call. Thread-safe.
 */
final class Interests {
    private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** Platform threads that sleep for virtual ones, which would take their carrier along. */
    private static final Executor SLEEPERS =
            Executors.newCachedThreadPool(
                    Thread.ofPlatform().name("tokamak-wait-", 0).daemon().factory());

    private final Session session;
    private final Memory memory;
    private final ReentrantLock lock = new ReentrantLock();

    /** Guarded by the lock. */
    private final Map<ObjectId, Interest> interests = new HashMap<>();

    private static final class Interest {
        int waiters;
        long unusedSinceNanos;

        /** The session's resumptions when the node was told; -1: it was not. */
        int toldAt = -1;
    }

    Interests(Session session) {
        this.session = session;
        this.memory = session.memory();
    }

    void add(Collection<ObjectId> ids) {
        lock.lock();
        try {
            for (ObjectId id : ids) {
                interests.computeIfAbsent(id, _ -> new Interest()).waiters++;
            }
        } finally {
            lock.unlock();
        }
    }

    void remove(Collection<ObjectId> ids) {
        long now = System.nanoTime();
        lock.lock();
        try {
            for (ObjectId id : ids) {
                Interest interest = interests.get(id);
                if (interest != null && --interest.waiters == 0) {
                    interest.unusedSinceNanos = now;
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Tells the node of those that it does not know of. From the return on, {@code notified} moves
     * when one is sealed.
     *
     * @param ids that were added
     * @return those that the node says are there
     */
    Set<ObjectId> tell(Collection<ObjectId> ids, Deadline deadline) {
        int resumptions = session.resumptions();
        List<ObjectId> unknown = new ArrayList<>();
        lock.lock();
        try {
            for (ObjectId id : ids) {
                Interest interest = interests.get(id);
                if (interest != null && interest.toldAt != resumptions) {
                    unknown.add(id);
                }
            }
        } finally {
            lock.unlock();
        }
        if (unknown.isEmpty()) {
            return Set.of();
        }
        InterestRequest request = request(unknown).build();
        InterestResponse response = session.call(deadline, stub -> stub.interest(request));
        lock.lock();
        try {
            for (ObjectId id : unknown) {
                Interest interest = interests.get(id);
                if (interest != null) {
                    interest.toldAt = resumptions;
                }
            }
        } finally {
            lock.unlock();
        }
        Set<ObjectId> present = new HashSet<>();
        for (int i = 0; i < response.getPresencesCount() && i < unknown.size(); i++) {
            if (response.getPresences(i) == Presence.PRESENCE_PRESENT) {
                present.add(unknown.get(i));
            }
        }
        return present;
    }

    private InterestRequest.Builder request(List<ObjectId> ids) {
        InterestRequest.Builder request = InterestRequest.newBuilder().setSession(session.name());
        ids.forEach(id -> request.addIds(ByteString.copyFrom(id.toBytes())));
        return request;
    }

    /** Whether the node has to be told again. */
    boolean isForgotten(int resumptions) {
        return session.resumptions() != resumptions;
    }

    /** To be loaded before looking at the index (R6). */
    int notified() {
        return memory.getIntAcquire(SessionFile.NOTIFIED_OFFSET);
    }

    /** Sleeps until {@code notified} has moved on from what it was, or the time is over. */
    void sleep(int seen, long nanos) {
        if (Thread.currentThread().isVirtual()) {
            CompletableFuture.runAsync(() -> await(seen, nanos), SLEEPERS).join();
        } else {
            await(seen, nanos);
        }
    }

    private void await(int seen, long nanos) {
        Futex.await(memory, SessionFile.NOTIFIED_OFFSET, seen, nanos);
    }

    /**
     * For the keeper: takes back what nobody has waited for lately. Whoever comes meanwhile tells
     * the node anew.
     */
    void clean(long nowNanos) {
        List<ObjectId> unused = new ArrayList<>();
        lock.lock();
        try {
            if (!session.isConnected()) {
                return;
            }
            interests.forEach(
                    (id, interest) -> {
                        if (interest.waiters == 0
                                && nowNanos - interest.unusedSinceNanos >= LINGER_NANOS) {
                            unused.add(id);
                        }
                    });
            if (!unused.isEmpty()) {
                unused.forEach(interests::remove);
                // Under the lock, and not waited for: who tells of one of these is heard later.
                session.events()
                        .interest(request(unused).setRemove(true).build(), new Removal(unused));
            }
        } finally {
            lock.unlock();
        }
    }

    private final class Removal implements StreamObserver<InterestResponse> {
        private final List<ObjectId> ids;

        Removal(List<ObjectId> ids) {
            this.ids = ids;
        }

        @Override
        public void onNext(InterestResponse response) {}

        @Override
        public void onCompleted() {}

        /** The node may know of them still: they are taken back once more. */
        @Override
        public void onError(Throwable failure) {
            add(ids);
            remove(ids);
        }
    }
}
