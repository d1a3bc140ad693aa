package io.tokamak.client;

import com.google.protobuf.ByteString;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.Memory;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectId;
import io.tokamak.proto.local.v1.LeaseRequest;
import io.tokamak.proto.local.v1.LeaseResponse;
import io.tokamak.segment.Doorbell;
import io.tokamak.segment.Extent;
import io.tokamak.segment.IdSource;
import io.tokamak.segment.Lanes;
import io.tokamak.segment.Leases;
import io.tokamak.session.Session;
import org.jspecify.annotations.Nullable;

/**
 * What it takes to write into a store.
 *
 * @param pool mapped for writing; views never come from it
 */
record Writing(Memory pool, Doorbell doorbell, Lanes lanes, IdSource ids) {

    Writing(Memory store, Memory pool, Session session, Runnable keeper) {
        this(pool, new Doorbell(store, pool), store, session, keeper);
    }

    private Writing(
            Memory pool, Doorbell doorbell, Memory store, Session session, Runnable keeper) {
        this(
                pool,
                doorbell,
                new Lanes(session.memory(), pool, doorbell, new NodeLeases(session), keeper),
                new IdSource(store.getInt(StoreFile.STORE_NUMBER_OFFSET), session.number()));
    }

    /** Leases by calls to the node. */
    private record NodeLeases(Session session) implements Leases {
        @Override
        public Extent leaseShared(long sizeBytes, Deadline deadline) {
            return lease(
                    LeaseRequest.newBuilder()
                            .setKind(LeaseRequest.Kind.KIND_SHARED)
                            .setSizeBytes(sizeBytes),
                    deadline);
        }

        @Override
        public Extent leaseNext(int lane, long sizeBytes, Deadline deadline) {
            return lease(
                    LeaseRequest.newBuilder()
                            .setKind(LeaseRequest.Kind.KIND_SHARED)
                            .setSizeBytes(sizeBytes)
                            .setLane(lane),
                    deadline);
        }

        @Override
        public Extent leaseSingle(long sizeBytes, @Nullable ObjectId reserve, Deadline deadline) {
            LeaseRequest.Builder request =
                    LeaseRequest.newBuilder()
                            .setKind(LeaseRequest.Kind.KIND_SINGLE)
                            .setSizeBytes(sizeBytes);
            if (reserve != null) {
                request.setReserve(ByteString.copyFrom(reserve.toBytes()));
            }
            return lease(request, deadline);
        }

        @Override
        public Extent leaseGrowing(long sizeBytes, long welcomeBytes, Deadline deadline) {
            return lease(
                    LeaseRequest.newBuilder()
                            .setKind(LeaseRequest.Kind.KIND_SINGLE)
                            .setSizeBytes(sizeBytes)
                            .setWelcomeBytes(welcomeBytes),
                    deadline);
        }

        @Override
        public long extend(int lane, long length, Deadline deadline) {
            return session.extend(lane, length, deadline);
        }

        private Extent lease(LeaseRequest.Builder request, Deadline deadline) {
            LeaseResponse response = session.lease(request, deadline);
            return new Extent(
                    response.getLane(),
                    response.getExtentNumber(),
                    response.getStart(),
                    response.getLength());
        }

        @Override
        public void giveBack(int lane) {
            session.giveBack(lane);
        }

        @Override
        public void giveBackLater(int lane) {
            session.giveBackLater(lane);
        }

        @Override
        public void giveBackNow(int lane, Deadline deadline) {
            session.giveBackNow(lane, deadline);
        }
    }
}
