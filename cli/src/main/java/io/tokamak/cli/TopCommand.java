package io.tokamak.cli;

import io.tokamak.client.NodeActivity;
import io.tokamak.client.NodeInfo;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.TokamakException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
        name = "top",
        header = "Shows what the node holds, for whom, and what goes on.",
        description = {
            "%nThe pool by what its bytes are used for; what was put, deleted and missed; attached"
                + " processes with what they pin and lease; pinned objects with who pins them and"
                + " since when. Objects that were deleted and are still pinned are in no list but"
                + " this one: their bytes go with the last pin.",
            "On a terminal it is drawn anew until q or Ctrl-C, with rates; elsewhere, with --once"
                + " and with --json it says it once, with what was counted since the node's start."
                + " Gets are not counted: what is read in place sends no message to the node. A"
                + " gateway that streams does not say who is attached, nor what they pin.",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  tokamak top",
            "  tokamak top --once | grep deleted         deleted, and still held by somebody",
            "  tokamak top --json | jq '.sessions[] | select(.pinned > 1e9)'",
        })
final class TopCommand implements Callable<Integer> {
    private static final int OBJECTS_MAX = 1000;
    private static final Duration INTERVAL_MIN = Duration.ofMillis(100);

    private static final Duration KEY_PATIENCE = Duration.ofMillis(20);

    @ParentCommand
    @SuppressWarnings("NullAway.Init") // by picocli
    private Tokamak tokamak;

    @Spec
    @SuppressWarnings("NullAway.Init") // by picocli
    private CommandSpec spec;

    @Option(names = "--once", description = "Says it once, also on a terminal.")
    private boolean once;

    @Option(
            names = "--interval",
            paramLabel = "DURATION",
            converter = Converters.Lifetimes.class,
            defaultValue = "2s",
            description = "Between two looks. Default: ${DEFAULT-VALUE}.")
    private Duration interval = Duration.ofSeconds(2);

    @Option(
            names = "--objects",
            paramLabel = "COUNT",
            defaultValue = "20",
            description =
                    "Pinned objects to show, those that have been pinned longest: 0 to 1000."
                            + " Default: ${DEFAULT-VALUE}.")
    private int objects = 20;

    @Override
    public Integer call() throws IOException {
        if (objects < 0 || objects > OBJECTS_MAX || interval.compareTo(INTERVAL_MIN) < 0) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--objects must be 0 to " + OBJECTS_MAX + ", --interval 100ms or more");
        }
        boolean isLive =
                !once
                        && !tokamak.json()
                        && Terminals.is(Terminals.INPUT)
                        && Terminals.is(Terminals.OUTPUT);
        try (TokamakClient client = tokamak.connection().connect()) {
            if (isLive) {
                watch(client);
            } else {
                show(client.activity(objects));
            }
        }
        return Failure.FINE;
    }

    private void show(NodeActivity activity) throws IOException {
        if (tokamak.json()) {
            tokamak.output().json(json(activity));
            return;
        }
        for (String line : new TopView(activity, null).lines(Instant.now())) {
            tokamak.output().line(line);
        }
    }

    private void watch(TokamakClient client) throws IOException {
        try (LiveScreen screen = LiveScreen.open()) {
            Sample previous = null;
            List<String> lines = List.of();
            boolean goesOn = true;
            while (goesOn) {
                CompletableFuture<Sample> look = look(client);
                while (goesOn && !look.isDone()) { // keys are heard while the node is away
                    goesOn = screen.awaitKey(KEY_PATIENCE);
                }
                if (goesOn) {
                    try {
                        Sample sample = look.join();
                        lines = lines(previous, sample);
                        previous = sample;
                        screen.show(lines);
                    } catch (CompletionException failed) {
                        screen.show(TopView.away(lines, known(failed)));
                    }
                    goesOn = screen.awaitKey(interval);
                }
            }
        }
    }

    private CompletableFuture<Sample> look(TokamakClient client) {
        return CompletableFuture.supplyAsync(
                () -> new Sample(client.activity(objects), System.nanoTime()),
                task -> Thread.ofPlatform().daemon().name("tokamak-top").start(task));
    }

    private static List<String> lines(@Nullable Sample previous, Sample sample) {
        Rates rates =
                previous == null
                        ? null
                        : Rates.between(
                                previous.activity().counters(),
                                sample.activity().counters(),
                                sample.nanos() - previous.nanos());
        return new TopView(sample.activity(), rates).lines(Instant.now());
    }

    /** What can be waited for; else the command ends. */
    private static TokamakException known(CompletionException failed) {
        if (failed.getCause() instanceof TokamakException known) {
            return known;
        }
        throw failed;
    }

    private record Sample(NodeActivity activity, long nanos) {}

    private static Json json(NodeActivity activity) {
        NodeInfo node = activity.node();
        Json json =
                new Json()
                        .with("time", Instant.now())
                        .with("node", node.id())
                        .with("state", node.state())
                        .with("startedAt", node.startedAt())
                        .with("objects", node.objects())
                        .with("pool", pool(node.ledger()));
        NodeActivity.Counters counters = activity.counters();
        if (counters == null) {
            return json;
        }
        return json.with("counters", counters(counters))
                .with("sessions", node.sessions().stream().map(TopCommand::session).toList())
                .with("pinnedObjects", activity.pinnedCount())
                .with("pinned", activity.pinned().stream().map(TopCommand::pinned).toList());
    }

    private static Json pool(NodeInfo.Ledger ledger) {
        return new Json()
                .with("capacity", ledger.capacity())
                .with("live", ledger.inUse())
                .with("free", ledger.free())
                .with("leased", ledger.leased())
                .with("condemned", ledger.condemned())
                .with("withheld", ledger.withheld())
                .with("pinned", ledger.pinned());
    }

    private static Json counters(NodeActivity.Counters counters) {
        return new Json()
                .with("puts", counters.published())
                .with("putBytes", counters.sealedBytes())
                .with("gets", counters.gets())
                .with("deletes", counters.deleted())
                .with("deletedBytes", counters.deletedBytes())
                .with("misses", counters.misses())
                .with("allocationFailures", counters.allocationFailures())
                .with("fencedSessions", counters.fencedSessions());
    }

    private static Json session(NodeInfo.Session session) {
        return new Json()
                .with("session", Integer.toUnsignedLong(session.number()))
                .with("process", session.pid())
                .with("language", session.language())
                .with("name", session.name())
                .with("attachedAt", session.attachedAt())
                .with("fenced", session.fenced())
                .with("pins", session.pins())
                .with("pinned", session.pinnedBytes())
                .with("lanes", session.lanes())
                .with("leased", session.leasedBytes());
    }

    private static Json pinned(NodeActivity.Pinned pinned) {
        return Description.name(pinned.object())
                .with("size", pinned.object().sizeBytes())
                .with("mediaType", pinned.object().metadata().mediaType())
                .with("created", pinned.object().created())
                .with("deleted", pinned.deleted())
                .with("pins", pinned.object().pins().stream().map(Description::pin).toList());
    }
}
