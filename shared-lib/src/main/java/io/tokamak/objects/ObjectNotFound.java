package io.tokamak.objects;

/** No node has it, and the deadline has passed. Put it, or wait for it. */
@SuppressWarnings("serial") // never serialized
public final class ObjectNotFound extends TokamakException {
    public static final String CODE = "object-not-found";

    public ObjectNotFound(ObjectId id) {
        super(CODE, "no object " + id, REMEDY, Numbers.of("id", id.toString()));
    }

    public ObjectNotFound(ObjectName name) {
        super(CODE, "no object named " + Quoted.of(name.toString()), REMEDY, Numbers.of(name));
    }

    private static final String REMEDY = "put it, or wait for it with a deadline";

    /** It can be put at any time. */
    @Override
    public boolean isRetryable() {
        return true;
    }
}
