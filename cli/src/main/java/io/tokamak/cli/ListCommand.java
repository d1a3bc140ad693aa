package io.tokamak.cli;

import io.tokamak.client.ListQuery;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.MediaType;
import io.tokamak.objects.ObjectInfo;
import io.tokamak.objects.ObjectName;
import java.io.IOException;
import java.util.Iterator;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
        name = "ls",
        header = "Lists objects.",
        description = {
            "%nPrints the name of each object, or its id when it has none, as they come: in no"
                    + " useful order, and each exactly once whatever is put or deleted meanwhile.",
            "With -l: size in bytes, when it was put, when it ends if nobody uses it before, media"
                    + " type, id, name.",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  tokamak ls                     everything",
            "  tokamak ls models/llm- -l      names of a namespace that begin so",
            "  tokamak ls --json | jq -s 'map(.size) | add'",
        })
final class ListCommand implements Callable<Integer> {
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

    @Option(names = "-l", description = "One line for each with more about it.")
    private boolean detailed;

    @Option(
            names = "--group",
            paramLabel = "[NS/]GROUP",
            description = "Only objects of this group.")
    private @Nullable String group;

    @Option(
            names = "--media-type",
            paramLabel = "TYPE/SUBTYPE",
            converter = Converters.MediaTypes.class,
            description = "Only objects of this media type.")
    private @Nullable MediaType mediaType;

    @Option(names = "--limit", paramLabel = "COUNT", description = "At most so many.")
    private long limit = Long.MAX_VALUE;

    @Override
    public Integer call() throws IOException {
        ListQuery query = query();
        try (TokamakClient client = tokamak.connection().connect();
                Stream<ObjectInfo> objects = client.list(query)) {
            Iterator<ObjectInfo> each = objects.iterator();
            for (long i = 0; i < limit && each.hasNext(); i++) {
                print(each.next());
            }
        }
        return Failure.FINE;
    }

    private ListQuery query() {
        try {
            return new ListQuery(
                    scope == null ? null : scope.namespace(),
                    scope == null ? null : scope.prefix(),
                    group == null ? null : GroupText.parse(group, null),
                    mediaType == null ? null : mediaType.text());
        } catch (InvalidRequest invalid) {
            throw new ParameterException(spec.commandLine(), invalid.getMessage(), invalid);
        }
    }

    private void print(ObjectInfo info) throws IOException {
        if (tokamak.json()) {
            tokamak.output().json(Description.json(info));
            return;
        }
        ObjectName name = info.metadata().name();
        String shown = name == null ? info.id().toString() : name.toString();
        if (!detailed) {
            tokamak.output().line(shown);
            return;
        }
        tokamak.output()
                .line(
                        "%15d  %s  %s  %-28s  %s%s",
                        info.sizeBytes(),
                        Times.seconds(info.created()),
                        info.expires() == null
                                ? "-                   "
                                : Times.seconds(info.expires()),
                        info.metadata().mediaType(),
                        info.id(),
                        name == null ? "" : "  " + name);
    }
}
