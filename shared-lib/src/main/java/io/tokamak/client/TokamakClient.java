package io.tokamak.client;

import io.tokamak.objects.Deadline;
import io.tokamak.objects.Group;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectInfo;
import io.tokamak.objects.ObjectName;
import io.tokamak.remote.GatewayAddress;
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

/**
 * A store as a program sees it: immutable objects by id or by name. A program on the node's host
 * reads and writes the node's memory; any other one streams to and from a gateway, and keeps what
 * it reads in memory of its own, outside of the heap. {@link #locality} says which it is, and why.
 *
 * <p>Thread-safe, for platform and virtual threads; one client for a process is enough. Every call
 * that may wait takes a deadline. Errors are {@link io.tokamak.objects.TokamakException}, whose
 * types say what to do next. A restart of the node is waited for, within the deadline of the call,
 * and never seen by a reader of a view. A wait for objects ends within a second of an interrupt, as
 * {@link io.tokamak.objects.DeadlineExceeded}, and the thread stays interrupted. So does a call
 * that a node does not answer which is there and hangs, two seconds after its deadline.
 *
 * <p>Closing the client is safe with views open: they stay readable, and the session ends with the
 * last of them.
 */
public interface TokamakClient extends AutoCloseable {

    /**
     * Connects to the node of this host in its usual folder, or to what the environment says, see
     * {@link ConnectOptions#defaults}.
     */
    static TokamakClient connect() {
        return connect(ConnectOptions.defaults());
    }

    /**
     * @throws io.tokamak.objects.NodeDown when no node answers by the options' deadline
     * @throws io.tokamak.objects.IncompatibleStore when the node speaks another layout
     * @throws io.tokamak.objects.PermissionDenied when this user may not open the folder
     * @throws io.tokamak.objects.Unauthenticated when the gateway wants another token
     */
    static TokamakClient connect(ConnectOptions options) {
        GatewayAddress gateway = options.gateway();
        if (gateway == null) {
            return MappedClient.connect(options);
        }
        return options.zeroCopy()
                ? LocatingClient.connect(options, gateway)
                : RemoteClient.connect(options, gateway);
    }

    /**
     * Whether objects are read in place, and if not, why. That of a gateway's client can change: it
     * looks again when the gateway or the node was started anew.
     */
    Locality locality();

    /** Puts a copy of the array. */
    Stored put(byte[] payload, PutOptions options);

    /** Puts a copy of what remains in the buffer, whose position does not change. */
    Stored put(ByteBuffer payload, PutOptions options);

    /**
     * Puts a copy of the segment, of any length; several threads copy a large one.
     *
     * <p>Through a gateway a put that broke begins again, if that is sure to make one object: a
     * named one, or one that broke before its end. So {@link Stored#created} may be false though it
     * was this very put that made the object. An anonymous one that was not answered is a {@link
     * io.tokamak.objects.NodeDown} that says so.
     */
    Stored put(MemorySegment payload, PutOptions options);

    /**
     * Puts all that the stream still gives; its length need not be known. The stream is not closed.
     * Through a gateway a put that broke does not begin again, once bytes were sent that the stream
     * does not give twice.
     */
    Stored put(InputStream payload, PutOptions options);

    /**
     * Puts an object that the writer fills in place, in the calling thread. The object has as many
     * bytes as were written; nothing is stored when the writer throws.
     *
     * @param sizeBytesMax bytes that the writer may write at most
     */
    Stored put(long sizeBytesMax, Consumer<Bytes<?>> writer, PutOptions options);

    /**
     * Stores an anonymous object where there is room at hand: never waits and asks nobody, so it
     * can be called where nothing may block, as on an event loop.
     *
     * @return null: nothing was stored; call {@link #put(ByteBuffer, PutOptions)}. So it is for
     *     named objects, for large ones, before the first put, and through a gateway
     */
    @Nullable Stored tryPut(ByteBuffer payload, PutOptions options);

    /**
     * Begins an object of known length, to be written in place by any threads and then sealed.
     *
     * @throws io.tokamak.objects.OutOfMemory when there is no room by the deadline of the options
     * @throws io.tokamak.objects.TooLarge when it is larger than the pool
     * @throws io.tokamak.objects.ObjectExists when the name is taken, or being written by somebody
     *     else
     */
    ObjectWriter create(long sizeBytes, PutOptions options);

    /**
     * Begins an object of unknown length, to be written from beginning to end by {@link
     * ObjectWriter#write}.
     */
    ObjectWriter create(PutOptions options);

    /**
     * As {@link #create(long, PutOptions)}, but the name stays free until the seal says who was
     * first: for bytes that come from somebody who may be slow, or never end.
     *
     * @param sizeBytes empty: not known
     */
    ObjectWriter createUnclaimed(OptionalLong sizeBytes, PutOptions options);

    /**
     * Pins an object and returns its bytes in place: no copy, no system call. Through a gateway it
     * is fetched whole, and goes on where it stopped when the stream breaks.
     *
     * @param deadline how long to wait for an object that is not there yet; {@link Deadline#NONE}
     *     does not wait
     * @return a view for this thread until closed, which ends the pin; {@link ObjectView#dup} for
     *     another
     * @throws io.tokamak.objects.ObjectNotFound at the deadline, after the node has drained every
     *     lane
     * @throws io.tokamak.objects.TooManyPins when the pin table is full
     */
    ObjectView get(ObjectId id, Deadline deadline);

    /** As {@link #get(ObjectId, Deadline)}; the key of the object found is compared. */
    ObjectView get(ObjectName name, Deadline deadline);

    /**
     * Pins an object that this process sees in the index: never waits and asks nobody, so it can be
     * called where nothing may block, as on an event loop. As with {@link #peek}, a put that just
     * returned elsewhere may not be seen. Through a gateway nothing is.
     *
     * @return a view as that of {@link #get(ObjectId, Deadline)}; null: ask that
     */
    @Nullable ObjectView getIfPresent(ObjectId id);

    /** As {@link #getIfPresent(ObjectId)}; the key of the object found is compared. */
    @Nullable ObjectView getIfPresent(ObjectName name);

    /**
     * Copies a small object that this process sees in the index, without a pin. As {@link
     * #getIfPresent(ObjectId)} it never waits and asks nobody, and it is an access as that is.
     *
     * @param sizeBytesMax up to here it is copied
     * @return null: it is larger, or ask {@link #get(ObjectId, Deadline)}
     */
    @Nullable ObjectCopy copyIfPresent(ObjectId id, int sizeBytesMax);

    /** As {@link #copyIfPresent(ObjectId, int)}; the key of the object found is compared. */
    @Nullable ObjectCopy copyIfPresent(ObjectName name, int sizeBytesMax);

    /**
     * As {@link #getIfPresent(ObjectId)}, and no access: an idle time goes on as it was. For who
     * looks an object through without using it.
     *
     * @return null: the index does not show it, or a gateway is asked
     */
    @Nullable ObjectView inspect(ObjectId id);

    /**
     * Pins all or none.
     *
     * @throws io.tokamak.objects.ObjectNotFound of the first that is missing at the deadline, with
     *     one for each of the others suppressed; no pin stays
     */
    ObjectViews getAll(List<ObjectId> ids, Deadline deadline);

    /** A copy of the payload: cheaper than a view for small objects, as nothing is pinned. */
    byte[] read(ObjectId id, Deadline deadline);

    byte[] read(ObjectName name, Deadline deadline);

    /**
     * Waits until {@code count} of the objects are there.
     *
     * @return what is ready and what is not when that happens or the deadline passes, in the order
     *     given
     */
    WaitResult await(Collection<ObjectId> ids, int count, Deadline deadline);

    /** Whether the object is there, lanes drained. */
    boolean contains(ObjectId id);

    /**
     * Whether the index shows the object: no call, but a put that just returned elsewhere may not
     * be seen. Through a gateway it is {@link #contains}.
     */
    boolean peek(ObjectId id);

    /** The object's description, or null. */
    @Nullable ObjectInfo head(ObjectId id);

    /** The object's description, or null. */
    @Nullable ObjectInfo head(ObjectName name);

    /**
     * Deletes the object: not found afterwards by anyone; its bytes go with the last pin. False: it
     * was not there.
     */
    boolean delete(ObjectId id);

    boolean delete(ObjectName name);

    /**
     * Deletes the object if it is of this incarnation: what has come under its name since it was
     * described stays. False: it was not there, or another is.
     *
     * @param incarnation as a description, a view or a put has it; not 0
     */
    boolean delete(ObjectId id, long incarnation);

    /**
     * Deletes many in few calls and returns how many were there; fewer, if a call broke and was
     * made again.
     */
    long deleteAll(Collection<ObjectId> ids);

    /** Deletes many in few calls; the set has the position of each that was there. */
    default BitSet deleteEach(List<ObjectId> ids) {
        BitSet wereThere = new BitSet();
        for (int i = 0; i < ids.size(); i++) {
            wereThere.set(i, delete(ids.get(i)));
        }
        return wereThere;
    }

    /** Deletes all objects of a group and returns how many there were. */
    long deleteGroup(Group group);

    /**
     * Objects that match, fetched page by page while the stream is read. What is there from
     * beginning to end is given exactly once, whatever else changes.
     */
    Stream<ObjectInfo> list(ListQuery query);

    /**
     * One page of {@link #list}.
     *
     * @param limit objects at most, 1 to 1,000
     * @param cursor of the page before; null: the first page
     * @throws io.tokamak.objects.InvalidRequest {@code bad-limit}, {@code bad-cursor}
     */
    ListPage page(ListQuery query, int limit, @Nullable String cursor);

    /**
     * Calls the listener for each event until the returned handle is closed; subscribed when the
     * call returns.
     */
    AutoCloseable watch(WatchQuery query, Consumer<ObjectEvent> listener);

    /** The node's state and ledger; of a gateway its own node's. */
    NodeInfo node();

    /**
     * What goes on at the node.
     *
     * @param pinnedMax how many pinned objects to name, 0 to 1,000
     */
    NodeActivity activity(int pinnedMax);

    /** Returns lanes and detaches. Idempotent. */
    @Override
    void close();
}
