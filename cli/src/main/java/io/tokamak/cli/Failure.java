package io.tokamak.cli;

import io.tokamak.objects.CorruptObject;
import io.tokamak.objects.DeadlineExceeded;
import io.tokamak.objects.DigestMismatch;
import io.tokamak.objects.IncompatibleStore;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.InvalidState;
import io.tokamak.objects.NodeDown;
import io.tokamak.objects.NotCoLocated;
import io.tokamak.objects.ObjectExists;
import io.tokamak.objects.ObjectLost;
import io.tokamak.objects.ObjectNotFound;
import io.tokamak.objects.OutOfMemory;
import io.tokamak.objects.PartialReplication;
import io.tokamak.objects.PermissionDenied;
import io.tokamak.objects.ProblemDetails;
import io.tokamak.objects.QuotaExceeded;
import io.tokamak.objects.SessionFenced;
import io.tokamak.objects.StoreRetired;
import io.tokamak.objects.TokamakException;
import io.tokamak.objects.TooLarge;
import io.tokamak.objects.TooManyPins;
import io.tokamak.objects.Unauthenticated;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns what went wrong into an exit code and a message: the only place that does. */
final class Failure {
    static final int FINE = 0;
    static final int OTHERWISE = 1;
    static final int USAGE = 2;
    static final int NOT_FOUND = 3;
    static final int EXISTS = 4;
    static final int UNREACHABLE = 5;

    private Failure() {}

    /** A command failed and has said all there is to say. */
    static final class Reported extends RuntimeException {
        private static final long serialVersionUID = 1;

        final int exitCode;

        Reported(int exitCode) {
            super("exit code " + exitCode);
            this.exitCode = exitCode;
        }
    }

    /** Says what went wrong on standard error, and answers the exit code. */
    static int report(Throwable failed, Output output, boolean json) {
        return switch (failed) {
            case Reported reported -> reported.exitCode;
            case Output.ReaderGone _ -> FINE;
            case TokamakException known -> report(known, output, json);
            case UncheckedIOException wrapped when wrapped.getCause() != null ->
                    report(wrapped.getCause(), output, json);
            case IOException io -> {
                print(output, json, "io-error", "Input or output failed", 500, messageOf(io), "");
                yield OTHERWISE;
            }
            case OutOfMemoryError _ -> {
                print(
                        output,
                        json,
                        "heap",
                        "Out of heap",
                        500,
                        "this process has too little heap of its own",
                        "give it more with JAVA_TOOL_OPTIONS=-Xmx1g");
                yield OTHERWISE;
            }
            default -> {
                print(
                        output,
                        json,
                        "internal-error",
                        "A fault of this program",
                        500,
                        failed.toString(),
                        "report it with this text; TOKAMAK_TRACE=1 shows where it happened");
                if (System.getenv("TOKAMAK_TRACE") != null) {
                    failed.printStackTrace(output.errors());
                }
                yield OTHERWISE;
            }
        };
    }

    /** Says how a command is used. */
    static void misused(ParameterException failed, String command, Output output, boolean json) {
        String message = failed.getMessage();
        String remedy = command + " --help says what it takes";
        if (failed.getCause() instanceof InvalidRequest invalid) {
            message = invalid.detail();
            remedy = invalid.remedy() + "; " + remedy;
        }
        if (failed instanceof UnmatchedArgumentException unmatched) {
            List<String> meant = unmatched.getSuggestions();
            message = "unknown: " + String.join(" ", unmatched.getUnmatched());
            remedy = (meant.isEmpty() ? "" : "did you mean " + meant.getFirst() + "? ") + remedy;
        }
        print(
                output,
                json,
                "usage",
                "Wrong usage",
                400,
                message == null ? "wrong usage" : message,
                remedy);
    }

    private static int report(TokamakException failed, Output output, boolean json) {
        PrintWriter errors = output.errors();
        if (json) {
            errors.println(problem(failed));
        } else {
            print(errors, failed.detail(), failed.remedy());
        }
        return exitCode(failed);
    }

    /** As the gateway would answer. */
    static Json problem(TokamakException failed) {
        return new Json()
                .with("type", ProblemDetails.type(failed.code()))
                .with("title", ProblemDetails.title(failed.code()))
                .with("status", ProblemDetails.status(failed))
                .with("detail", failed.detail())
                .with("code", failed.code())
                .with("remedy", failed.remedy())
                .with(failed.numbers());
    }

    /** Without a default: whoever adds an error decides here. */
    static int exitCode(TokamakException failed) {
        return switch (failed) {
            case InvalidRequest _ -> USAGE;
            case ObjectNotFound _, ObjectLost _ -> NOT_FOUND;
            case ObjectExists _ -> EXISTS;
            case NodeDown _ -> UNREACHABLE;
            case CorruptObject _,
                    DeadlineExceeded _,
                    DigestMismatch _,
                    IncompatibleStore _,
                    InvalidState _,
                    NotCoLocated _,
                    OutOfMemory _,
                    PartialReplication _,
                    PermissionDenied _,
                    QuotaExceeded _,
                    SessionFenced _,
                    StoreRetired _,
                    TooLarge _,
                    TooManyPins _,
                    Unauthenticated _ ->
                    OTHERWISE;
        };
    }

    /** The JDK says of a missing file nothing but its name. */
    private static String messageOf(IOException failed) {
        return switch (failed) {
            case NoSuchFileException missing -> missing.getFile() + ": no such file";
            case AccessDeniedException denied -> denied.getFile() + ": not allowed for this user";
            case FileAlreadyExistsException exists -> exists.getFile() + ": is there already";
            case FileSystemException other ->
                    other.getMessage() == null ? other.toString() : other.getMessage();
            default -> failed.getMessage() == null ? failed.toString() : failed.getMessage();
        };
    }

    private static void print(
            Output output,
            boolean json,
            String code,
            String title,
            int status,
            String detail,
            String remedy) {
        if (json) {
            output.errors()
                    .println(
                            new Json()
                                    .with("type", ProblemDetails.type(code))
                                    .with("title", title)
                                    .with("status", status)
                                    .with("detail", detail)
                                    .with("code", code)
                                    .with("remedy", remedy));
        } else {
            print(output.errors(), detail, remedy);
        }
    }

    private static void print(PrintWriter errors, String detail, String remedy) {
        errors.println("tokamak: " + detail);
        if (!remedy.isEmpty()) {
            errors.println("  " + remedy);
        }
    }
}
