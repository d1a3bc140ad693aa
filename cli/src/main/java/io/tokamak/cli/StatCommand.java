package io.tokamak.cli;

import io.tokamak.client.TokamakClient;
import io.tokamak.objects.ByteSize;
import io.tokamak.objects.Group;
import io.tokamak.objects.ObjectInfo;
import io.tokamak.objects.ObjectMetadata;
import io.tokamak.objects.Pin;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "stat",
        header = "Describes objects.",
        description =
                "%nSize, media type, attributes, lifetime and pins. A description is no access: it"
                        + " prolongs nothing.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  tokamak stat models/llm",
            "  tokamak stat --json models/llm | jq .size",
        })
final class StatCommand implements Callable<Integer> {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // by picocli
    private Tokamak tokamak;

    @Parameters(
            arity = "1..*",
            paramLabel = Target.LABEL,
            converter = Target.Converter.class,
            description = "The objects: 32 hex digits, or names.")
    private List<Target> targets = List.of();

    @Override
    public Integer call() throws IOException {
        int code = Failure.FINE;
        try (TokamakClient client = tokamak.connection().connect()) {
            boolean first = true;
            for (Target target : targets) {
                ObjectInfo info = target.head(client);
                if (info == null) {
                    code = Failure.report(target.notFound(), tokamak.output(), tokamak.json());
                } else if (tokamak.json()) {
                    tokamak.output().json(Description.json(info));
                } else {
                    if (!first) {
                        tokamak.output().line("");
                    }
                    print(info);
                    first = false;
                }
            }
        }
        return code;
    }

    private void print(ObjectInfo info) throws IOException {
        ObjectMetadata metadata = info.metadata();
        Group group = metadata.group();
        field("id", info.id());
        field("name", metadata.name());
        field("size", info.sizeBytes() + " bytes (" + ByteSize.format(info.sizeBytes()) + ")");
        field("media type", metadata.mediaType());
        field("encoding", metadata.contentEncoding());
        field("created", info.created());
        field(
                "kept",
                Description.text(
                        metadata.lifetime().resolve(metadata.name() != null), info.expires()));
        field("group", group == null ? null : group.toString());
        field("home", info.home());
        field("pins", info.pinCount());
        for (Pin pin : info.pins()) {
            field(
                    "pinned by",
                    "process %d (%s, %s), %d since %s"
                            .formatted(
                                    pin.process(),
                                    pin.name(),
                                    pin.language(),
                                    pin.count(),
                                    pin.since()));
        }
        for (var attribute : metadata.attributes().asMap().entrySet()) {
            field("attribute", attribute.getKey() + "=" + attribute.getValue());
        }
    }

    private void field(String name, @Nullable Object value) throws IOException {
        if (value != null) {
            tokamak.output().line("%-11s %s", name, value);
        }
    }
}
