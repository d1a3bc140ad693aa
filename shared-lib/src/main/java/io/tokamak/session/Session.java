package io.tokamak.session;

import io.grpc.stub.StreamObserver;
import io.tokamak.layout.Folder;
import io.tokamak.layout.SessionFile;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.ForkMarker;
import io.tokamak.memory.Futex;
import io.tokamak.memory.Memory;
import io.tokamak.memory.NativeFailure;
import io.tokamak.memory.OpenFile;
import io.tokamak.memory.Processes;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.IncompatibleStore;
import io.tokamak.objects.NodeDown;
import io.tokamak.objects.PermissionDenied;
import io.tokamak.objects.SessionFenced;
import io.tokamak.objects.TokamakException;
import io.tokamak.proto.local.v1.ExtendRequest;
import io.tokamak.proto.local.v1.LeaseRequest;
import io.tokamak.proto.local.v1.LeaseResponse;
import io.tokamak.proto.local.v1.LocalGrpc;
import io.tokamak.proto.local.v1.ReturnRequest;
import io.tokamak.proto.local.v1.ReturnResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * This process's place at a node: a file that it holds locked, and the connection that says so.
 *
 * <p>The lock is the life of the session (I11): it is held from before the first pin until {@link
 * #end}, whatever becomes of the connection. When the connection breaks, {@link #repair} resumes
 * the session with the node that comes next; pins and lanes stand meanwhile. Thread-safe.
 */
public final class Session {
    private static final Duration RETRY_AFTER = Duration.ofMillis(500);
    private static final Duration STEP_TIMEOUT = Duration.ofSeconds(2);

    private static final int NOT_HELD = 0;
    private static final int HELD = 1;

    /** Not held, and the node is about to hear of it. */
    private static final int RETURNING = 2;

    private enum Link {
        CONNECTED,
        BROKEN,
        /** The node no longer knows the session: attach anew. */
        GONE
    }

    private final Control control;
    private final String name;
    private final OpenFile file;
    private final Memory memory;
    private final int number;
    private final PinTable pins;
    private final AccessLog accesses;
    private final ForkMarker forkMarker;

    /** By lane. */
    private final AtomicIntegerArray held = new AtomicIntegerArray(SessionFile.LANE_COUNT);

    /** Lanes that are held and used no more. */
    private final Queue<Integer> unused = new ConcurrentLinkedQueue<>();

    /**
     * Read: a lease from its request until the lane counts as held. Write: finding out which lanes
     * are not.
     */
    private final ReentrantReadWriteLock leasing = new ReentrantReadWriteLock();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition linkChanged = lock.newCondition();
    private AttachStream stream;
    private volatile Link link = Link.CONNECTED;
    private final AtomicInteger resumptions = new AtomicInteger();
    private Runnable whenBroken = () -> {};

    private Session(
            Control control,
            String name,
            OpenFile file,
            Memory memory,
            AttachStream stream,
            boolean isFenced) {
        this.control = control;
        this.name = name;
        this.file = file;
        this.memory = memory;
        this.stream = stream;
        this.number = memory.getInt(SessionFile.SESSION_NUMBER_OFFSET);
        this.pins =
                new PinTable(
                        memory,
                        this::allocate,
                        Math.min(
                                memory.getInt(SessionFile.PIN_LIMIT_OFFSET), SessionFile.PIN_LIMIT),
                        isFenced);
        this.accesses = new AccessLog(memory);
        this.forkMarker = new ForkMarker();
    }

    /**
     * Attaches this process: hello, lock, ready, go.
     *
     * @param processName as people see it, at most 48 bytes of UTF-8
     * @param isFenced whether its pins need fences, see {@link PinTable}
     * @throws NodeDown when no node answers by the deadline
     * @throws IncompatibleStore when the node speaks another layout
     */
    public static Session attach(
            Control control, String processName, boolean isFenced, Deadline deadline) {
        while (true) {
            try {
                return attachOnce(control, processName, isFenced, deadline);
            } catch (NodeDown away) {
                control.pauseOrThrow(deadline, away);
            }
        }
    }

    private static Session attachOnce(
            Control control, String processName, boolean isFenced, Deadline deadline) {
        AttachStream stream = AttachStream.open(control);
        OpenFile file = null;
        Memory memory = null;
        try {
            String name = stream.hello(Processes.pid(), processName, deadline);
            file = openSession(control.folder(), name);
            memory = file.map(true, SessionFile.LENGTH);
            if (memory.getLongAcquire(SessionFile.LAYOUT_OFFSET) != StoreFile.LAYOUT) {
                throw new IncompatibleStore(
                        control.folder().path().toString(),
                        "session layout",
                        Long.toHexString(StoreFile.LAYOUT),
                        Long.toHexString(memory.getLong(SessionFile.LAYOUT_OFFSET)),
                        "run the client and the node from the same release");
            }
            introduce(memory, processName);
            stream.ready(deadline);
            Session session = new Session(control, name, file, memory, stream, isFenced);
            stream.whenEnded(session::onStreamEnd);
            file = null;
            return session;
        } catch (IOException e) {
            throw new NodeDown(
                    control.folder().path().toString(),
                    String.valueOf(e.getMessage()),
                    RETRY_AFTER,
                    e);
        } finally {
            if (file != null) {
                if (memory != null) {
                    memory.vacate();
                }
                file.close();
                stream.cancel();
            }
        }
    }

    /**
     * Replaces this program by another, see {@link Processes#execute}. The session's lock goes to
     * it: pins stand until it ends.
     *
     * @throws NativeFailure when it cannot be executed
     */
    public void execute(List<String> command, Map<String, String> environment) throws IOException {
        Processes.execute(command, environment, file);
    }

    /** Locked when it returns. */
    private static OpenFile openSession(Folder folder, String name) throws IOException {
        OpenFile file;
        try {
            file = OpenFile.openReadWrite(folder.session(name));
        } catch (NativeFailure failure) {
            if (failure.isPermission()) {
                throw new PermissionDenied(
                        "this user", "open", "a session in " + folder.sessions());
            }
            throw failure;
        }
        try {
            file.requireRegular(folder.ownerUid(), SessionFile.LENGTH);
            if (!file.tryLock()) {
                throw new IOException(
                        "the session file offered is locked by another in " + folder.sessions());
            }
            return file;
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private static void introduce(Memory memory, String processName) {
        memory.putInt(SessionFile.PID_OFFSET, Processes.pid());
        memory.putInt(SessionFile.LANGUAGE_OFFSET, SessionFile.LANGUAGE_JAVA);
        memory.putLong(SessionFile.ATTACHED_AT_OFFSET, System.currentTimeMillis());
        byte[] text = processName.getBytes(StandardCharsets.UTF_8);
        memory.copyFrom(
                SessionFile.NAME_OFFSET,
                text,
                0,
                Math.min(text.length, SessionFile.NAME_BYTES_MAX));
    }

    private boolean allocate(long offset, long length) {
        try {
            file.allocate(offset, length);
            return true;
        } catch (IOException full) {
            return false;
        }
    }

    /** Secret: who knows it can write the session's file. */
    public String name() {
        return name;
    }

    public int number() {
        return number;
    }

    public Memory memory() {
        return memory;
    }

    public PinTable pins() {
        return pins;
    }

    public AccessLog accesses() {
        return accesses;
    }

    public boolean isFenced() {
        return memory.getIntAcquire(SessionFile.STATE_OFFSET) == SessionFile.STATE_FENCED;
    }

    /** Tells the node how many objects were got; it looks when somebody asks. */
    public void reportGets() {
        long gets = pins.gets();
        if (gets != memory.getLongOpaque(SessionFile.GETS_OFFSET)) {
            memory.putLongOpaque(SessionFile.GETS_OFFSET, gets);
        }
    }

    /**
     * Whether the process is a fork of the one that attached: it must leave this session alone
     * (I13).
     */
    public boolean isForkedChild() {
        return forkMarker.isForkedChild();
    }

    /**
     * Whether the node has forgotten the session: its pins protect nothing any more, attach anew.
     */
    public boolean isGone() {
        return link == Link.GONE;
    }

    public boolean isConnected() {
        return link == Link.CONNECTED;
    }

    /**
     * How often the session was resumed: what a node keeps for a session on its heap is gone when
     * this changes.
     */
    public int resumptions() {
        return resumptions.get();
    }

    /** Calls this, in a thread of the connection, whenever {@link #repair} is wanted. */
    public void whenBroken(Runnable action) {
        lock.lock();
        try {
            whenBroken = action;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Calls the node for this session, and calls again after the session was resumed: for what is
     * safe to repeat then.
     *
     * @throws NodeDown when the node was away until the deadline
     * @throws SessionFenced when the node has forgotten the session
     */
    public <T> T call(Deadline deadline, Function<LocalGrpc.LocalBlockingStub, T> call) {
        while (true) {
            awaitLink(deadline);
            try {
                return control.callOnce(deadline, call);
            } catch (NodeDown away) {
                control.pauseOrThrow(deadline, away);
            }
        }
    }

    /**
     * Calls the node without waiting for it. It does what one connection says in the order in which
     * it is said.
     */
    public LocalGrpc.LocalStub events() {
        return control.events();
    }

    /**
     * Leases memory. The lane counts as held from the answer until {@link #giveBack}.
     *
     * @throws io.tokamak.objects.OutOfMemory when there is no room by the deadline
     */
    public LeaseResponse lease(LeaseRequest.Builder request, Deadline deadline) {
        request.setSession(name);
        while (true) {
            awaitLink(deadline);
            request.setTimeoutMillis(TimeUnit.NANOSECONDS.toMillis(deadline.remainingNanos()));
            leasing.readLock().lock();
            try {
                if (link == Link.CONNECTED) {
                    takeUnused(request);
                    LeaseResponse response =
                            control.callOnce(deadline, stub -> stub.lease(request.build()));
                    held.set(response.getLane(), HELD);
                    return response;
                }
            } catch (NodeDown away) {
                control.pauseOrThrow(deadline, away);
            } finally {
                leasing.readLock().unlock();
            }
        }
    }

    /** After a failure {@link #giveBackLost} says them again. */
    private void takeUnused(LeaseRequest.Builder request) {
        request.clearReturns();
        for (Integer lane = unused.poll(); lane != null; lane = unused.poll()) {
            held.set(lane, NOT_HELD);
            request.addReturns(lane);
        }
    }

    /**
     * Makes the extent of a lane for one record longer where it lies, as far as that is free.
     *
     * @param length bytes that it should have
     * @return bytes that it has then
     */
    public long extend(int lane, long length, Deadline deadline) {
        ExtendRequest request =
                ExtendRequest.newBuilder().setSession(name).setLane(lane).setLength(length).build();
        return call(deadline, stub -> stub.extend(request)).getLength();
    }

    /**
     * Gives a lane back without waiting for the answer. It is said once: if the node dies
     * meanwhile, the resumption says it again, when nobody can have been lent the same lane
     * already.
     */
    public void giveBack(int lane) {
        // Both or neither before a resumption says which lanes are not held: else it could give the
        // lane back, and this once more when somebody else has it.
        leasing.readLock().lock();
        try {
            sendReturn(List.of(lane));
        } finally {
            leasing.readLock().unlock();
        }
    }

    /**
     * As {@link #giveBack}, and waits for the answer, or for the end of the connection, which is as
     * good.
     */
    public void giveBackNow(int lane, Deadline deadline) {
        leasing.readLock().lock(); // as there
        try {
            held.set(lane, NOT_HELD);
            control.callOnce(deadline, stub -> stub.return_(returnOf(List.of(lane))));
            return;
        } catch (NodeDown away) {
            // said again by the resumption
        } finally {
            leasing.readLock().unlock();
        }
        awaitLink(deadline);
    }

    /**
     * Gives a lane back with the next lease, or when the keeper looks: see {@link #giveBackUnused}.
     */
    public void giveBackLater(int lane) {
        unused.add(lane);
    }

    /** Gives back what no lease has taken along. */
    public void giveBackUnused() {
        for (Integer lane = unused.poll(); lane != null; lane = unused.poll()) {
            giveBack(lane);
        }
    }

    /**
     * Gives back what is leased and not held: the node's answer came to somebody who was
     * interrupted or did not wait longer. Not while another lease is under way: the lane may be its
     * own.
     */
    public void giveBackLost() {
        if (link != Link.CONNECTED || isFenced() || !leasing.writeLock().tryLock()) {
            return;
        }
        try {
            List<Integer> lost = lost();
            if (!lost.isEmpty()) {
                sendReturn(lost);
            }
        } finally {
            leasing.writeLock().unlock();
        }
    }

    /** Lanes that are leased, not held, and not being returned. */
    private List<Integer> lost() {
        List<Integer> lost = new ArrayList<>();
        for (int lane = 0; lane < SessionFile.LANE_COUNT; lane++) {
            int kind = memory.getIntAcquire(SessionFile.laneOffset(lane) + SessionFile.KIND_OFFSET);
            if (kind != SessionFile.KIND_FREE && held.get(lane) == NOT_HELD) {
                lost.add(lane);
            }
        }
        return lost;
    }

    /** Under a lock of {@link #leasing}. */
    private void sendReturn(List<Integer> lanes) {
        lanes.forEach(lane -> held.set(lane, RETURNING));
        control.events()
                .return_(
                        returnOf(lanes),
                        new StreamObserver<>() {
                            @Override
                            public void onNext(ReturnResponse response) {}

                            @Override
                            public void onError(Throwable failure) {
                                returned(lanes);
                            }

                            @Override
                            public void onCompleted() {
                                returned(lanes);
                            }
                        });
    }

    /** Each may have been leased anew meanwhile. */
    private void returned(List<Integer> lanes) {
        lanes.forEach(lane -> held.compareAndSet(lane, RETURNING, NOT_HELD));
    }

    private ReturnRequest returnOf(List<Integer> lanes) {
        return ReturnRequest.newBuilder().setSession(name).addAllLanes(lanes).build();
    }

    private void awaitLink(Deadline deadline) {
        if (link == Link.CONNECTED) {
            return;
        }
        lock.lock();
        try {
            while (link == Link.BROKEN) {
                long remaining = deadline.remainingNanos();
                if (remaining == 0) {
                    throw new NodeDown(
                            control.folder().path().toString(),
                            "the connection broke",
                            RETRY_AFTER);
                }
                linkChanged.awaitNanos(remaining);
            }
            if (link == Link.GONE) {
                throw gone();
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new NodeDown(
                    control.folder().path().toString(),
                    "interrupted while it was away",
                    RETRY_AFTER,
                    interrupted);
        } finally {
            lock.unlock();
        }
    }

    private SessionFenced gone() {
        return new SessionFenced(Integer.toUnsignedString(number), "the node has no such session");
    }

    private void onStreamEnd(AttachStream ended) {
        Runnable action;
        lock.lock();
        try {
            if (ended != stream || link == Link.GONE) {
                return;
            }
            link = Link.BROKEN;
            action = whenBroken;
        } finally {
            lock.unlock();
        }
        action.run();
    }

    /**
     * Tries once to resume after the connection broke. Lanes that the node lent and nobody here
     * knows of, as the answer was lost, are given back before any other call goes out.
     *
     * @return whether it is connected, or gone for good: there is nothing left to repair
     */
    public boolean repair() {
        if (link != Link.BROKEN) {
            return true;
        }
        Deadline deadline = Deadline.after(STEP_TIMEOUT);
        AttachStream next = AttachStream.open(control);
        try {
            if (!next.resume(name, deadline)) {
                moveTo(Link.GONE, null);
                return true;
            }
            leasing.writeLock()
                    .lock(); // leases that were under way have failed with the connection
            try {
                returnLost(deadline);
            } finally {
                leasing.writeLock().unlock();
            }
        } catch (TokamakException failure) {
            next.cancel();
            control.reconnectSoon();
            return false;
        }
        moveTo(Link.CONNECTED, next);
        next.whenEnded(this::onStreamEnd);
        return true;
    }

    private void returnLost(Deadline deadline) {
        for (int lane = 0; lane < SessionFile.LANE_COUNT; lane++) {
            held.compareAndSet(lane, RETURNING, NOT_HELD); // that has failed with the connection
        }
        List<Integer> lost = lost();
        if (!lost.isEmpty()) {
            control.callOnce(deadline, stub -> stub.return_(returnOf(lost)));
        }
    }

    private void moveTo(Link next, @Nullable AttachStream nextStream) {
        lock.lock();
        try {
            if (nextStream != null) {
                stream = nextStream;
                resumptions.incrementAndGet();
            }
            link = next;
            linkChanged.signalAll();
        } finally {
            lock.unlock();
        }
        wakeWaiters();
    }

    /** Lets those who sleep on {@code notified} look again, at the link too. */
    public void wakeWaiters() {
        Futex.wake(memory, SessionFile.NOTIFIED_OFFSET, Integer.MAX_VALUE);
    }

    /**
     * Detaches in good order and lets go of the lock. No pin may be held and no lane be used from
     * here on; who still tries to pin writes into empty memory.
     */
    public void end() {
        AttachStream last;
        lock.lock();
        try {
            last = stream;
            link = Link.GONE;
            linkChanged.signalAll();
        } finally {
            lock.unlock();
        }
        last.detach(STEP_TIMEOUT);
        wakeWaiters();
        memory.vacate();
        file.close();
    }
}
