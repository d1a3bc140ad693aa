package io.tokamak.objects;

import java.util.Locale;

/**
 * What a failure is in a problem document of RFC 9457, whoever writes it: the gateway, which
 * answers with it, and the command line, which says the same of a node that it talks to itself.
 */
public final class ProblemDetails {
    private static final String TYPE = "urn:tokamak:problem:";

    private ProblemDetails() {}

    /** The member {@code type} of a code. */
    public static String type(String code) {
        return TYPE + code;
    }

    /** The member {@code title} of a code: {@code object-not-found} is "Object not found". */
    public static String title(String code) {
        String words = code.replace('-', ' ');
        return words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1);
    }

    /** The status of HTTP. Without a default: whoever adds an error decides here. */
    public static int status(TokamakException failure) {
        return switch (failure) {
            case InvalidRequest _ -> 400;
            case Unauthenticated _ -> 401;
            case PermissionDenied _ -> 403;
            case ObjectNotFound _ -> 404;
            case ObjectExists _, NotCoLocated _ -> 409;
            case ObjectLost _, CorruptObject _ -> 410;
            case TooLarge _ -> 413;
            case DigestMismatch _ -> 422;
            case QuotaExceeded _ -> 429;
            // InvalidState: the client in the gateway is closed, as it stops.
            case NodeDown _,
                    StoreRetired _,
                    SessionFenced _,
                    IncompatibleStore _,
                    TooManyPins _,
                    InvalidState _ ->
                    503;
            case DeadlineExceeded _ -> 504;
            case OutOfMemory _ -> 507;
            case PartialReplication _ -> 202;
        };
    }
}
