package io.tokamak.verification.crash;

import io.tokamak.client.ConnectOptions;
import io.tokamak.client.ObjectView;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectId;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A reader that pins the objects whose ids it is given, and at each {@code verify} looks at all of
 * their bytes again.
 */
final class Holder {
    private Holder() {}

    @SuppressWarnings("SystemOut") // it is how the suite and its reader talk
    public static void main(String[] arguments) throws IOException {
        BufferedReader input =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        List<ObjectView> views = new ArrayList<>();
        try (TokamakClient client =
                TokamakClient.connect(
                        ConnectOptions.defaults()
                                .withFolder(Path.of(arguments[0]))
                                .withName("holder"))) {
            System.out.println("ready");
            for (String line = input.readLine(); line != null; line = input.readLine()) {
                if (line.equals("verify")) {
                    String wrong = "right";
                    for (ObjectView view : views) {
                        String found = Pattern.verify(view.segment());
                        wrong = found == null ? wrong : "wrong " + view.id() + ": " + found;
                    }
                    System.out.println(wrong);
                } else {
                    views.add(
                            client.get(
                                    ObjectId.parse(line), Deadline.after(Duration.ofSeconds(10))));
                    System.out.println("pinned " + line);
                }
            }
        }
        System.exit(0);
    }
}
