package io.tokamak.cli;

import io.tokamak.client.ObjectEvent;
import io.tokamak.client.TokamakClient;
import io.tokamak.client.WatchQuery;
import io.tokamak.objects.ByteSize;
import io.tokamak.objects.ObjectName;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
        name = "watch",
        header = "Prints what happens to objects, as it happens.",
        description = {
            "%nA line for each event: time, kind, id, size, media type, and name if there is one."
                + " Kinds are sealed, deleted, expired, and gap: events before it may have been"
                + " missed, because the node was restarted or this reader was too slow. It goes on"
                + " until Ctrl-C, also across restarts of the node.",
            "What happens after the words 'watching …' on standard error is seen. With --json they"
                    + " are an object of kind subscribed.",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  tokamak watch                              everything",
            "  tokamak watch jobs/17/ --json | jq -r .key",
            "  tokamak watch incoming --kind sealed --count 1     the next one that comes",
        })
final class WatchCommand implements Callable<Integer> {
    /** More wait at the node, which tells of a gap when they become too many. */
    private static final int EVENTS_QUEUED_MAX = 10_000;

    private enum Kind {
        SEALED,
        DELETED,
        EXPIRED;

        /** As it is given. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @ParentCommand
    @SuppressWarnings("NullAway.Init") // by picocli
    private Tokamak tokamak;

    @Spec
    @SuppressWarnings("NullAway.Init") // by picocli
    private CommandSpec spec;

    @Parameters(
            arity = "0..1",
            paramLabel = Scope.LABEL,
            converter = Scope.Converter.class,
            description = "Only named objects of this namespace, whose keys begin with the prefix.")
    private @Nullable Scope scope;

    @Option(
            names = "--kind",
            paramLabel = "KIND",
            split = ",",
            description = "Only such events, and gaps: sealed, deleted, expired.")
    private Set<Kind> kinds = EnumSet.allOf(Kind.class);

    @Option(
            names = "--count",
            paramLabel = "COUNT",
            description = "Ends after so many events, gaps not counted. Default: never.")
    private long count = Long.MAX_VALUE;

    @Override
    public Integer call() throws Exception {
        if (count < 1) {
            throw new ParameterException(
                    spec.commandLine(), "--count is " + count + ", must be 1 or more");
        }
        WatchQuery query =
                scope == null ? WatchQuery.ALL : new WatchQuery(scope.namespace(), scope.prefix());
        BlockingQueue<ObjectEvent> events = new ArrayBlockingQueue<>(EVENTS_QUEUED_MAX);
        try (TokamakClient client = tokamak.connection().connect()) {
            AutoCloseable subscription = client.watch(query, event -> enqueue(events, event));
            try {
                subscribed();
                print(events);
            } finally {
                subscription.close();
            }
        }
        return Failure.FINE;
    }

    /** Blocks while the queue is full, so that the node notices. */
    private static void enqueue(BlockingQueue<ObjectEvent> events, ObjectEvent event) {
        try {
            events.put(event);
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    private void subscribed() throws IOException {
        if (tokamak.json()) {
            tokamak.output().json(new Json().with("event", "subscribed"));
            tokamak.output().flush();
        } else {
            tokamak.output()
                    .errors()
                    .println("watching " + (scope == null ? "everything" : scope.toString()));
        }
    }

    private void print(BlockingQueue<ObjectEvent> events) throws IOException, InterruptedException {
        for (long left = count; left > 0; ) {
            ObjectEvent event = events.poll();
            if (event == null) {
                tokamak.output().flush();
                event = events.take();
            }
            if (isWanted(event.kind())) {
                print(event);
                left -= event.kind() == ObjectEvent.Kind.GAP ? 0 : 1;
            }
        }
    }

    private boolean isWanted(ObjectEvent.Kind kind) {
        return switch (kind) {
            case SEALED -> kinds.contains(Kind.SEALED);
            case DELETED -> kinds.contains(Kind.DELETED);
            case EXPIRED -> kinds.contains(Kind.EXPIRED);
            case GAP -> true;
        };
    }

    private void print(ObjectEvent event) throws IOException {
        ObjectName name = event.name();
        String kind = event.kind().name().toLowerCase(Locale.ROOT);
        if (tokamak.json()) {
            tokamak.output()
                    .json(
                            new Json()
                                    .with("event", kind)
                                    .with("id", event.id())
                                    .with("namespace", name == null ? null : name.namespace())
                                    .with("key", name == null ? null : name.key())
                                    .with("size", event.id() == null ? null : event.sizeBytes())
                                    .with(
                                            "mediaType",
                                            event.id() == null ? null : event.mediaType())
                                    .with("time", event.time()));
        } else if (event.id() == null) {
            tokamak.output()
                    .line(
                            "%s  %-7s  events before this may have been missed",
                            Times.millis(event.time()), kind);
        } else {
            tokamak.output()
                    .line(
                            "%s  %-7s  %s  %9s  %s%s",
                            Times.millis(event.time()),
                            kind,
                            event.id(),
                            ByteSize.format(event.sizeBytes()),
                            event.mediaType(),
                            name == null ? "" : "  " + name);
        }
    }
}
