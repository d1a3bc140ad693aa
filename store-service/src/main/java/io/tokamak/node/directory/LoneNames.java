package io.tokamak.node.directory;

import io.tokamak.node.objects.Membership;
import io.tokamak.node.objects.NameDirectory;
import io.tokamak.objects.ObjectId;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The names of a node that has no cluster and never will: it is the only authority, so a map in its
 * own heap decides, without a port and without Hazelcast. For one store. Thread-safe.
 */
public final class LoneNames implements Membership {
    private final String memberId = UUID.randomUUID().toString();

    @Override
    public int claimStoreNumber(int number) {
        SecureRandom random = new SecureRandom();
        int claimed = number;
        while (claimed == 0) {
            claimed = random.nextInt();
        }
        return claimed;
    }

    @Override
    public NameDirectory names(int storeNumber) {
        return new Owners(storeNumber);
    }

    @Override
    public String memberId() {
        return memberId;
    }

    @Override
    public @Nullable String address() {
        return null;
    }

    private static final class Owners implements NameDirectory {
        private final Map<ObjectId, Answer> owners = new ConcurrentHashMap<>();
        private final int storeNumber;

        Owners(int storeNumber) {
            this.storeNumber = storeNumber;
        }

        @Override
        public CompletableFuture<List<Answer>> claim(List<Claim> claims) {
            return restore(claims);
        }

        @Override
        public CompletableFuture<@Nullable Void> release(List<Claim> claims) {
            for (Claim claim : claims) {
                owners.remove(claim.id(), own(claim));
            }
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletableFuture<List<Answer>> restore(Collection<Claim> claims) {
            List<Answer> answers = new ArrayList<>(claims.size());
            for (Claim claim : claims) {
                Answer own = own(claim);
                Answer before = owners.putIfAbsent(claim.id(), own);
                answers.add(before == null ? own : before);
            }
            return CompletableFuture.completedFuture(answers);
        }

        private Answer own(Claim claim) {
            return new Answer(storeNumber, claim.incarnation());
        }
    }
}
