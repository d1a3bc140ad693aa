package io.tokamak.cli;

import io.tokamak.client.TokamakClient;
import io.tokamak.objects.InvalidRequest;
import java.io.IOException;
import java.util.List;
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
        name = "rm",
        header = "Deletes objects.",
        description = {
            "%nNobody finds a deleted object afterwards; its memory is free when the last reader"
                + " has closed its view. Objects that are not there are reported, exit code 3, and"
                + " the others are deleted all the same.",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  tokamak rm models/llm 0100000007000000010000000000002a",
            "  tokamak rm --group jobs/17            all objects of a group",
            "  tokamak ls tmp | xargs tokamak rm -f  all objects of a namespace",
        })
final class RemoveCommand implements Callable<Integer> {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // by picocli
    private Tokamak tokamak;

    @Spec
    @SuppressWarnings("NullAway.Init") // by picocli
    private CommandSpec spec;

    @Parameters(
            arity = "0..*",
            paramLabel = Target.LABEL,
            converter = Target.Converter.class,
            description = "The objects: 32 hex digits, or names.")
    private List<Target> targets = List.of();

    @Option(
            names = {"-f", "--force"},
            description = "Says nothing of objects that are not there, exit code 0.")
    private boolean force;

    @Option(
            names = "--group",
            paramLabel = "[NS/]GROUP",
            description =
                    "Deletes all objects of a group. Without a slash the namespace is 'default'.")
    private @Nullable String group;

    @Override
    public Integer call() throws IOException {
        if (targets.isEmpty() && group == null) {
            throw new ParameterException(
                    spec.commandLine(), "nothing to delete: name objects, or a --group");
        }
        int code = Failure.FINE;
        long deleted = 0;
        try (TokamakClient client = tokamak.connection().connect()) {
            for (Target target : targets) {
                if (target.delete(client)) {
                    deleted++;
                } else if (!force) {
                    code = Failure.report(target.notFound(), tokamak.output(), tokamak.json());
                }
            }
            if (group != null) {
                deleted += client.deleteGroup(GroupText.parse(group, null));
            }
        } catch (InvalidRequest invalid) {
            throw new ParameterException(spec.commandLine(), invalid.getMessage(), invalid);
        }
        if (tokamak.json()) {
            tokamak.output().json(new Json().with("deleted", deleted));
        }
        return code;
    }
}
