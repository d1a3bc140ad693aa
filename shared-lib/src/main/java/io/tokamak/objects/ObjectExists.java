package io.tokamak.objects;

import java.time.Instant;

/** The name is taken. Read what is there, or take another name. */
@SuppressWarnings("serial") // never serialized
public final class ObjectExists extends TokamakException {
    public static final String CODE = "object-exists";

    private final ObjectName name;
    private final ObjectId id;
    private final String holder;
    private final Instant since;

    /**
     * @param id of what has the name
     * @param holder who made it or is making it: a node, or a session of it
     * @param since when that was
     */
    public ObjectExists(ObjectName name, ObjectId id, String holder, Instant since) {
        super(
                CODE,
                "object "
                        + Quoted.of(name.toString())
                        + " exists: "
                        + id
                        + " by "
                        + holder
                        + " since "
                        + since,
                "read it, delete it first, or take another name",
                Numbers.of(name, id, holder, since));
        this.name = name;
        this.id = id;
        this.holder = holder;
        this.since = since;
    }

    public ObjectName name() {
        return name;
    }

    public ObjectId id() {
        return id;
    }

    public String holder() {
        return holder;
    }

    public Instant since() {
        return since;
    }
}
