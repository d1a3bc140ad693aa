package io.tokamak.node.objects;

import io.tokamak.index.IndexWriter;
import io.tokamak.layout.SessionFile;
import io.tokamak.objects.Lifetime;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectMetadata;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Named records that lie complete in the pool and wait for the directory to say whose the name is.
 * Claims of one drain travel together. The owner thread's; answers come back to it through the
 * executor.
 */
final class Claims {
    private static final Logger LOG = LoggerFactory.getLogger(Claims.class);

    /**
     * A claim under way.
     *
     * @param lane that the writer holds while it waits; null when it is not known any more
     */
    record Pending(
            AttachedSession session,
            @Nullable Lane lane,
            long position,
            long location,
            ObjectId id,
            long incarnation,
            ObjectMetadata metadata) {}

    /** What a session is to be told of its claim. */
    private record Settled(Pending claim, int answer, long incarnation) {}

    private final NameDirectory directory;
    private final int storeNumber;
    private final ObjectTable table;
    private final SessionTable sessions;
    private final Executor owner;
    private final Incarnations incarnations;
    private final LongConsumer answeredNanos;
    private final Map<ObjectId, Reservation> reservations = new HashMap<>();
    private final Map<ObjectId, Lane> reservedBy = new HashMap<>();
    private List<Pending> pending = new ArrayList<>();

    /**
     * @param answeredNanos hears of each claim how long its answer took
     */
    Claims(
            NameDirectory directory,
            int storeNumber,
            ObjectTable table,
            SessionTable sessions,
            Executor owner,
            Incarnations incarnations,
            LongConsumer answeredNanos) {
        this.directory = directory;
        this.storeNumber = storeNumber;
        this.table = table;
        this.sessions = sessions;
        this.owner = owner;
        this.incarnations = incarnations;
        this.answeredNanos = answeredNanos;
    }

    void add(Pending claim) {
        pending.add(claim);
    }

    boolean isReservedByOthers(ObjectId id, Lane lane) {
        Lane holder = reservedBy.get(id);
        return holder != null && holder != lane;
    }

    @Nullable Reservation reservation(ObjectId id) {
        return reservations.get(id);
    }

    void reserve(Reservation reservation, Lane lane) {
        reservations.put(reservation.id(), reservation);
        reservedBy.put(reservation.id(), lane);
        lane.reservation = reservation;
    }

    void giveUp(Lane lane) {
        Reservation reservation = lane.reservation;
        if (reservation != null && reservedBy.get(reservation.id()) == lane) {
            reservations.remove(reservation.id());
            reservedBy.remove(reservation.id());
        }
        lane.reservation = null;
    }

    /**
     * Sends what was added since the last call.
     *
     * @return whether there was anything
     */
    boolean flush() {
        if (pending.isEmpty()) {
            return false;
        }
        List<Pending> batch = pending;
        pending = new ArrayList<>();
        List<NameDirectory.Claim> claims = new ArrayList<>(batch.size());
        for (Pending claim : batch) {
            claims.add(new NameDirectory.Claim(claim.id(), claim.incarnation()));
        }
        long sentNanos = System.nanoTime();
        var _ =
                directory
                        .claim(claims)
                        .handle(
                                (answers, failure) -> {
                                    owner.execute(
                                            () -> answered(batch, answers, failure, sentNanos));
                                    return null;
                                });
        return true;
    }

    private void answered(
            List<Pending> batch,
            @Nullable List<NameDirectory.Answer> answers,
            @Nullable Throwable failure,
            long sentNanos) {
        if (failure != null) {
            LOG.warn("{} names could not be claimed: {}", batch.size(), failure.toString());
            // Some may have been: a name must not stay with nobody.
            List<NameDirectory.Claim> claims = new ArrayList<>(batch.size());
            for (Pending claim : batch) {
                claims.add(new NameDirectory.Claim(claim.id(), claim.incarnation()));
            }
            directory.releaseLater(claims);
        }
        long nowMillis = incarnations.nowMillis();
        List<Settled> all = new ArrayList<>(batch.size());
        for (int i = 0; i < batch.size(); i++) {
            all.add(settle(batch.get(i), answers == null ? null : answers.get(i), nowMillis));
        }
        // The sessions' memory is written last: a fault there leaves nothing half done here.
        for (Settled settled : all) {
            store(settled);
            answeredNanos.accept(System.nanoTime() - sentNanos);
        }
    }

    private void store(Settled settled) {
        Pending claim = settled.claim();
        Lane lane = claim.lane();
        // Whoever gave the lane back does not wait any more, and its next tenant has other extents.
        if (lane == null || !lane.covers(claim.location())) {
            return;
        }
        AttachedSession session = claim.session();
        Runnable action =
                () ->
                        session.storeAnswer(
                                lane, claim.position(), settled.answer(), settled.incarnation());
        if (!sessions.guarded(session, action)) {
            // The fault may have been another session's, told late.
            var _ = sessions.guarded(session, action);
        }
    }

    private Settled settle(Pending claim, NameDirectory.@Nullable Answer answer, long nowMillis) {
        long slot =
                table.index()
                        .findAt(
                                ObjectTable.first(claim.id()),
                                ObjectTable.second(claim.id()),
                                claim.location());
        if (slot == IndexWriter.NONE || table.index().incarnation(slot) != claim.incarnation()) {
            throw new IllegalStateException("no slot for the claim of " + claim.id());
        }
        int answerCode;
        long incarnation;
        if (answer == null) {
            answerCode = SessionFile.ANSWER_REFUSED;
            incarnation = 0;
            table.claimLost(slot);
        } else if (isOurs(answer, claim)
                && claim.session().isBuried()
                && claim.metadata().lifetime() instanceof Lifetime.Session) {
            // It would have ended with its session: nobody would end it any more.
            answerCode = SessionFile.ANSWER_REFUSED;
            incarnation = 0;
            table.claimLost(slot);
            directory.releaseLater(
                    List.of(new NameDirectory.Claim(claim.id(), claim.incarnation())));
        } else if (isOurs(answer, claim)) {
            answerCode = SessionFile.ANSWER_CREATED;
            incarnation = claim.incarnation();
            table.claimWon(slot, claim.metadata(), claim.session(), nowMillis);
        } else {
            answerCode = SessionFile.ANSWER_EXISTS;
            incarnation = answer.incarnation();
            table.claimLost(slot);
        }
        Lane lane = claim.lane();
        if (lane != null && lane.covers(claim.location())) {
            Reservation reservation = lane.reservation;
            if (reservation != null && reservation.id().equals(claim.id())) {
                giveUp(lane);
            }
        }
        return new Settled(claim, answerCode, incarnation);
    }

    private boolean isOurs(NameDirectory.Answer answer, Pending claim) {
        return answer.storeNumber() == storeNumber && answer.incarnation() == claim.incarnation();
    }
}
