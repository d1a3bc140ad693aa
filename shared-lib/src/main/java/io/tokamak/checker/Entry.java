package io.tokamak.checker;

import io.tokamak.layout.IndexFile;
import io.tokamak.memory.Memory;
import io.tokamak.objects.ObjectId;

/**
 * What a slot of the index said at one look.
 *
 * @param slot its offset in the index
 * @param word its state word
 * @param first bytes 0 to 7 of the id, little-endian
 * @param second bytes 8 to 15 of the id, little-endian
 * @param location of its record in the pool
 */
record Entry(long slot, long word, long first, long second, long location) {
    /**
     * @param word what the state word was before
     */
    static Entry of(Memory index, long slot, long word) {
        return new Entry(
                slot,
                word,
                index.getLongOpaque(slot + IndexFile.ID_OFFSET),
                index.getLongOpaque(slot + IndexFile.ID_OFFSET + Long.BYTES),
                index.getLongAcquire(slot + IndexFile.LOCATION_OFFSET));
    }

    int state() {
        return IndexFile.stateOf(word);
    }

    ObjectId id() {
        return idOf(first, second);
    }

    static ObjectId idOf(long first, long second) {
        return new ObjectId(Long.reverseBytes(first), Long.reverseBytes(second));
    }

    String place() {
        return "slot at index+" + slot;
    }

    boolean hasIdOf(Entry other) {
        return first == other.first && second == other.second;
    }

    /**
     * A name that is being claimed, or was deleted and is pinned, may be another object's already.
     */
    boolean isCurrent() {
        return state() == IndexFile.SEALED || state() == IndexFile.SPILLED;
    }
}
