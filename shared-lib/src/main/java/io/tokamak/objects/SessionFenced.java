package io.tokamak.objects;

/**
 * The node accepts nothing new from this session: a bad record, or an operator. What it holds stays
 * readable.
 */
@SuppressWarnings("serial") // never serialized
public final class SessionFenced extends TokamakException {
    public static final String CODE = "session-fenced";

    public SessionFenced(String session, String why) {
        super(
                CODE,
                "session " + session + " is fenced: " + why,
                "attach again; what this session wrote and did not seal is gone",
                Numbers.of("session", session));
    }
}
