package io.tokamak.node.objects;

import io.tokamak.objects.ObjectId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A cluster of one that keeps names in a map, and can be made slow or deaf. */
final class MemoryNames implements Membership, NameDirectory {
    private static final AtomicInteger NUMBERS = new AtomicInteger(100);

    final Map<ObjectId, Answer> owners = new ConcurrentHashMap<>();

    /** Claims are answered when this completes. */
    volatile CompletableFuture<@Nullable Void> gate = CompletableFuture.completedFuture(null);

    private volatile int number;

    /** The same names, claimed without delay. */
    MemoryNames copied() {
        MemoryNames copy = new MemoryNames();
        copy.owners.putAll(owners);
        return copy;
    }

    @Override
    public int claimStoreNumber(int found) {
        number = found == 0 ? NUMBERS.incrementAndGet() : found;
        return number;
    }

    @Override
    public NameDirectory names(int storeNumber) {
        return this;
    }

    @Override
    public @Nullable String address() {
        return null;
    }

    @Override
    public String memberId() {
        return "node";
    }

    @Override
    public CompletableFuture<List<Answer>> claim(List<Claim> claims) {
        return gate.thenApply(
                _ -> {
                    List<Answer> answers = new ArrayList<>();
                    for (Claim claim : claims) {
                        Answer mine = new Answer(number, claim.incarnation());
                        Answer before = owners.putIfAbsent(claim.id(), mine);
                        answers.add(before == null ? mine : before);
                    }
                    return answers;
                });
    }

    @Override
    public CompletableFuture<@Nullable Void> release(List<Claim> claims) {
        for (Claim claim : claims) {
            owners.remove(claim.id(), new Answer(number, claim.incarnation()));
        }
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<List<Answer>> restore(Collection<Claim> claims) {
        return claim(List.copyOf(claims));
    }
}
