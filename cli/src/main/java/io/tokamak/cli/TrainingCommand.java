package io.tokamak.cli;

import io.tokamak.client.ListQuery;
import io.tokamak.client.ObjectView;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Attributes;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.Lifetime;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectName;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/**
 * A little of everything, once: what a JVM that records an AOT cache must have seen, so that the
 * commands start fast. Leaves nothing behind.
 */
@Command(name = "training", hidden = true, header = "Uses a little of everything.")
final class TrainingCommand implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    @ParentCommand
    @SuppressWarnings("NullAway.Init") // by picocli
    private Tokamak tokamak;

    @Override
    public Integer call() throws IOException {
        byte[] bytes = "tokamak".getBytes(StandardCharsets.UTF_8);
        ObjectName name = new ObjectName("training", "object-" + ProcessHandle.current().pid());
        PutOptions named =
                PutOptions.named(name)
                        .withMediaType(FileTypes.of("x.txt"))
                        .withAttributes(Attributes.of(Map.of("a", "b")))
                        .withLifetime(Lifetime.ttl(Duration.ofMinutes(1)));
        try (TokamakClient client = tokamak.connection().connect()) {
            ObjectId anonymous = client.put(ByteBuffer.wrap(bytes), PutOptions.DEFAULTS).id();
            client.put(ByteBuffer.wrap(bytes), named);
            try (ObjectView view = client.get(name, Deadline.after(PATIENCE))) {
                tokamak.output().bytes(view.byteBuffer());
            }
            client.await(List.of(anonymous), 1, Deadline.after(PATIENCE));
            tokamak.output().line(String.valueOf(client.head(name)));
            client.list(ListQuery.in("training", null)).forEach(info -> Description.json(info));
            client.node();
            client.delete(name);
            client.delete(anonymous);
        }
        new picocli.CommandLine(new GetCommand()).getUsageMessage();
        return Failure.FINE;
    }
}
