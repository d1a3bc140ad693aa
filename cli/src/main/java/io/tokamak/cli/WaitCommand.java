package io.tokamak.cli;

import io.tokamak.client.TokamakClient;
import io.tokamak.client.WaitResult;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.Durations;
import io.tokamak.objects.ObjectId;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
        name = "wait",
        header = "Waits until objects are there.",
        description = {
            "%nPrints those that are there, as they were given. When the time is over first, the"
                    + " others are named on standard error, exit code 3.",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  tokamak wait jobs/17/result --timeout 1m && tokamak get jobs/17/result",
            "  tokamak wait --count 1 shards/a shards/b shards/c     the first of three",
        })
final class WaitCommand implements Callable<Integer> {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // by picocli
    private Tokamak tokamak;

    @Spec
    @SuppressWarnings("NullAway.Init") // by picocli
    private CommandSpec spec;

    @Parameters(
            arity = "1..*",
            paramLabel = Target.LABEL,
            converter = Target.Converter.class,
            description = "The objects: 32 hex digits, or names.")
    private List<Target> targets = List.of();

    @Option(
            names = "--count",
            paramLabel = "COUNT",
            description = "How many must be there. Default: all.")
    private int count;

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            converter = Converters.Waits.class,
            defaultValue = "10s",
            description = "How long to wait. Default: ${DEFAULT-VALUE}.")
    private Duration timeout = Duration.ofSeconds(10);

    @Override
    public Integer call() throws IOException {
        List<ObjectId> ids = targets.stream().map(Target::id).distinct().toList();
        if (count < 0 || count > ids.size()) {
            throw new ParameterException(
                    spec.commandLine(), "--count is " + count + ", must be 1 to " + ids.size());
        }
        int wanted = count == 0 ? ids.size() : count;
        Set<ObjectId> ready;
        try (TokamakClient client = tokamak.connection().connect()) {
            WaitResult result = client.await(ids, wanted, Deadline.after(timeout));
            ready = new HashSet<>(result.ready());
        }
        List<Target> there =
                targets.stream().filter(target -> ready.contains(target.id())).toList();
        List<Target> missing =
                targets.stream().filter(target -> !ready.contains(target.id())).toList();
        boolean enough = ready.size() >= wanted;
        if (tokamak.json()) {
            tokamak.output()
                    .json(
                            new Json()
                                    .with("ready", there.stream().map(Target::json).toList())
                                    .with("pending", missing.stream().map(Target::json).toList()));
        } else {
            for (Target target : there) {
                tokamak.output().line(target.toString());
            }
        }
        if (!enough) {
            tokamak.output().flush();
            report(missing);
        }
        return enough ? Failure.FINE : Failure.NOT_FOUND;
    }

    private void report(List<Target> missing) {
        if (tokamak.json()) {
            for (Target target : missing) {
                Failure.report(target.notFound(), tokamak.output(), true);
            }
        } else {
            tokamak.output()
                    .errors()
                    .println(
                            "tokamak: not there after "
                                    + Durations.format(timeout)
                                    + ": "
                                    + missing);
        }
    }
}
