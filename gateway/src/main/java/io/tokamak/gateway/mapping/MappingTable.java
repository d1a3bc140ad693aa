package io.tokamak.gateway.mapping;

import io.tokamak.gateway.objects.Refusal;
import io.tokamak.objects.QuotaExceeded;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The mappings that stand. Each ends once: released, or when its time is over, which {@link
 * #expire} has to find out. Whoever takes a mapping out of the table closes its hold.
 *
 * <p>Thread-safe.
 */
final class MappingTable<H extends Hold> {
    private static final int ID_BYTES = 16;

    private final ConcurrentHashMap<String, Mapping<H>> mappings = new ConcurrentHashMap<>();
    private final SecureRandom random = new SecureRandom();
    private final int countMax;
    private final Semaphore places;
    private final InstantSource clock;
    private final LongSupplier nanoTime;

    MappingTable(int countMax, InstantSource clock, LongSupplier nanoTime) {
        this.countMax = countMax;
        this.places = new Semaphore(countMax);
        this.clock = clock;
        this.nanoTime = nanoTime;
    }

    /**
     * Adds a mapping of what the supplier holds; it is not asked when there is no place.
     *
     * @throws QuotaExceeded when all places are taken
     */
    Mapping<H> add(Supplier<H> holding, Duration ttl) {
        if (!places.tryAcquire()) {
            throw QuotaExceeded.atOnce("mappings", countMax, "tokamak.mapping.count-max");
        }
        boolean isAdded = false;
        try {
            Mapping<H> mapping = from(newId(), holding.get(), ttl);
            mappings.put(mapping.id(), mapping);
            isAdded = true;
            return mapping;
        } finally {
            if (!isAdded) {
                places.release();
            }
        }
    }

    /** Both ends are counted from here: first the one that is told. */
    private Mapping<H> from(String id, H hold, Duration ttl) {
        Instant expires = clock.instant().plus(ttl).truncatedTo(ChronoUnit.MILLIS);
        return new Mapping<>(id, hold, ttl, expires, nanoTime.getAsLong() + ttl.toNanos());
    }

    private String newId() {
        byte[] bytes = new byte[ID_BYTES];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /**
     * Moves the end of a mapping that still stands, to {@code ttl} from now, be it later or
     * earlier.
     *
     * @param ttl null: as long as was asked for last
     * @throws Refusal {@code mapping-ended}
     */
    Mapping<H> renew(String id, @Nullable Duration ttl) {
        Mapping<H> known = mappings.get(id);
        if (known == null) {
            throw Refusal.mappingEnded("unknown");
        }
        if (!known.hold().isHeld()) {
            end(id);
            throw lost();
        }
        Mapping<H> renewed =
                mappings.computeIfPresent(
                        id,
                        (_, current) ->
                                current.isOver(nanoTime.getAsLong())
                                        ? current
                                        : from(
                                                id,
                                                current.hold(),
                                                ttl == null ? current.ttl() : ttl));
        if (renewed == null || renewed.isOver(nanoTime.getAsLong())) {
            throw expired();
        }
        return renewed;
    }

    /**
     * Ends a mapping. Returns normally only if it has held without a gap from its first moment.
     *
     * @throws Refusal {@code mapping-ended}
     */
    void release(String id) {
        Mapping<H> mapping = mappings.remove(id);
        if (mapping == null) {
            throw Refusal.mappingEnded("unknown");
        }
        boolean isOver = mapping.isOver(nanoTime.getAsLong());
        boolean isHeld = mapping.hold().isHeld();
        close(mapping);
        if (!isHeld) {
            throw lost();
        }
        if (isOver) {
            throw expired();
        }
    }

    /** Ends what is over by now, and nothing else; up to the first that does not close. */
    void expire() {
        for (Mapping<H> mapping : mappings.values()) {
            if (mapping.isOver(nanoTime.getAsLong()) && mappings.remove(mapping.id(), mapping)) {
                close(mapping);
            }
        }
    }

    /** Ends all of them. */
    void clear() {
        mappings.keySet().forEach(this::end);
    }

    private void end(String id) {
        Mapping<H> mapping = mappings.remove(id);
        if (mapping != null) {
            close(mapping);
        }
    }

    private void close(Mapping<H> mapping) {
        try {
            mapping.hold().close();
        } finally {
            places.release();
        }
    }

    int count() {
        return mappings.size();
    }

    private static Refusal expired() {
        return Refusal.mappingEnded("expired");
    }

    private static Refusal lost() {
        return Refusal.mappingEnded("the node was started anew");
    }
}
