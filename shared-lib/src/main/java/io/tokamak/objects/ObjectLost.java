package io.tokamak.objects;

/** It was here and every copy is gone with its node. Make it anew. */
@SuppressWarnings("serial") // never serialized
public final class ObjectLost extends TokamakException {
    public static final String CODE = "object-lost";

    private final ObjectId id;

    /**
     * @param home the node that had it
     */
    public ObjectLost(ObjectId id, String home) {
        super(
                CODE,
                "object " + id + " is lost: its home " + home + " died and no other node has it",
                "make it anew, with replicas=2 to survive a node",
                Numbers.of("id", id.toString(), "home", home));
        this.id = id;
    }

    public ObjectId id() {
        return id;
    }
}
