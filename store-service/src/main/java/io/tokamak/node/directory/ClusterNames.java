package io.tokamak.node.directory;

import com.hazelcast.map.EntryProcessor;
import com.hazelcast.map.IMap;
import io.tokamak.node.objects.NameDirectory;
import io.tokamak.objects.ObjectId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Names in the map {@code names}: from the 16 bytes of a name's id to {store number, incarnation}
 * of the object that has it. One entry processor claims, so of any number of creators one wins.
 * Thread-safe.
 */
final class ClusterNames implements NameDirectory {
    private static final int RESTORED_AT_ONCE = 10_000;

    /**
     * Hazelcast completes even what is not asynchronous on the common pool; a hop between threads
     * costs more than what is done here.
     */
    private static final Executor HERE = Runnable::run;

    private final IMap<UUID, long[]> names;
    private final int storeNumber;

    ClusterNames(Cluster cluster, int storeNumber) {
        names = cluster.member().getMap("names");
        this.storeNumber = storeNumber;
    }

    @Override
    public CompletableFuture<List<Answer>> claim(List<Claim> claims) {
        // Claims of one name in a batch compete like any others: each is an operation of its own.
        List<CompletableFuture<Answer>> answers = new ArrayList<>(claims.size());
        for (Claim claim : claims) {
            answers.add(
                    submit(claim.id(), new ClaimName(storeNumber, claim.incarnation()))
                            .thenApplyAsync(ClusterNames::answer, HERE));
        }
        if (answers.size() == 1) {
            return answers.getFirst().thenApply(List::of);
        }
        return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                .thenApply(_ -> answers.stream().map(CompletableFuture::join).toList());
    }

    @Override
    public CompletableFuture<@Nullable Void> release(List<Claim> claims) {
        List<CompletableFuture<?>> done = new ArrayList<>(claims.size());
        for (Claim claim : claims) {
            done.add(
                    submit(claim.id(), new ReleaseName(storeNumber, claim.incarnation()))
                            .thenApplyAsync(Function.identity(), HERE));
        }
        return CompletableFuture.allOf(done.toArray(CompletableFuture[]::new)).thenApply(_ -> null);
    }

    @Override
    public CompletableFuture<List<Answer>> restore(Collection<Claim> claims) {
        List<Answer> answers = new ArrayList<>(claims.size());
        Map<UUID, long[]> batch = new HashMap<>();
        for (Claim claim : claims) {
            answers.add(new Answer(storeNumber, claim.incarnation()));
            batch.put(key(claim.id()), new long[] {storeNumber, claim.incarnation()});
            if (batch.size() == RESTORED_AT_ONCE) {
                putAbsent(batch);
                batch.clear();
            }
        }
        putAbsent(batch);
        return CompletableFuture.completedFuture(answers);
    }

    /**
     * A member that is shutting down throws at once: to the caller it is a failure like any other.
     */
    private <R> CompletableFuture<R> submit(
            ObjectId id, EntryProcessor<UUID, long[], R> processor) {
        try {
            return names.submitToKey(key(id), processor).toCompletableFuture();
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private void putAbsent(Map<UUID, long[]> batch) {
        Set<UUID> taken = new HashSet<>(names.getAll(batch.keySet()).keySet());
        Map<UUID, long[]> absent = new HashMap<>(batch);
        absent.keySet().removeAll(taken);
        names.setAll(absent);
    }

    private static UUID key(ObjectId id) {
        return new UUID(id.mostSignificantBits(), id.leastSignificantBits());
    }

    private static Answer answer(long[] owner) {
        return new Answer((int) owner[0], owner[1]);
    }

    /** Takes the name if nobody has it; answers who does then. */
    record ClaimName(long storeNumber, long incarnation)
            implements EntryProcessor<UUID, long[], long[]> {
        @Override
        public long[] process(Map.Entry<UUID, long[]> entry) {
            long[] owner = entry.getValue();
            if (owner == null) {
                owner = new long[] {storeNumber, incarnation};
                entry.setValue(owner);
            }
            return owner;
        }
    }

    /** Gives the name up if this very object has it. */
    @SuppressWarnings("NullAway") // null removes the entry
    record ReleaseName(long storeNumber, long incarnation)
            implements EntryProcessor<UUID, long[], Boolean> {
        @Override
        public Boolean process(Map.Entry<UUID, long[]> entry) {
            long[] owner = entry.getValue();
            boolean ours = owner != null && owner[0] == storeNumber && owner[1] == incarnation;
            if (ours) {
                entry.setValue(null);
            }
            return ours;
        }
    }
}
