package io.tokamak.node.objects;

import io.tokamak.objects.ObjectId;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.slf4j.LoggerFactory;

/**
 * Who has which name, across the cluster. The directory is the authority; the store asks it before
 * a named object can be seen. Thread-safe; answers may come on any thread.
 */
public interface NameDirectory {

    /** A claim of a name's id by the object with this incarnation. */
    record Claim(ObjectId id, long incarnation) {}

    /**
     * What became of a claim.
     *
     * @param storeNumber home of the object that has the name
     * @param incarnation of that object: the claim's own, if it won
     */
    record Answer(int storeNumber, long incarnation) {}

    /**
     * Claims names: the first claim of a name wins, and a claim repeated wins again. Answers in the
     * order given.
     */
    CompletableFuture<List<Answer>> claim(List<Claim> claims);

    /** Gives up names that these objects hold; names that others hold are left alone. */
    CompletableFuture<Void> release(List<Claim> claims);

    /** As {@link #release}, where nobody waits for it: a failure is logged. */
    default void releaseLater(List<Claim> claims) {
        var _ =
                release(claims)
                        .whenComplete(
                                (_, failure) -> {
                                    if (failure != null) {
                                        LoggerFactory.getLogger(NameDirectory.class)
                                                .warn(
                                                        "names could not be given up: {}: {}",
                                                        claims,
                                                        failure.toString());
                                    }
                                });
    }

    /**
     * Says again what a store that came back holds. Names that others took meanwhile are left
     * alone.
     */
    CompletableFuture<List<Answer>> restore(Collection<Claim> claims);
}
