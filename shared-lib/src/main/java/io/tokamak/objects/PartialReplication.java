package io.tokamak.objects;

/** Fewer copies than asked for by the deadline. The object stays, and repair goes on. */
@SuppressWarnings("serial") // never serialized
public final class PartialReplication extends TokamakException {
    public static final String CODE = "partial-replication";

    private final ObjectId id;
    private final int asked;
    private final int reached;

    public PartialReplication(ObjectId id, int asked, int reached) {
        super(
                CODE,
                "object " + id + " has " + reached + " kept copies of " + asked,
                "go on: the object is there, and repair goes on",
                Numbers.of("asked", asked, "reached", reached));
        this.id = id;
        this.asked = asked;
        this.reached = reached;
    }

    public ObjectId id() {
        return id;
    }

    public int asked() {
        return asked;
    }

    public int reached() {
        return reached;
    }
}
