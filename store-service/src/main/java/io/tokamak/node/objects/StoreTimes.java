package io.tokamak.node.objects;

/** Hears how long things take in a store. Called on the owner thread: must not block. */
public interface StoreTimes {
    StoreTimes UNHEARD =
            new StoreTimes() {
                @Override
                public void turned(long nanos) {}

                @Override
                public void claimed(long nanos) {}
            };

    /**
     * A turn of the owner thread in which there was something to do. What is committed, or asked,
     * during a turn is seen in the next one.
     */
    void turned(long nanos);

    /** A named put was answered, so long after the directory was asked for its name. */
    void claimed(long nanos);
}
