package io.tokamak.gateway.objects;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;

/** A reader of server-sent events, by their specification. */
final class EventStream implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /**
     * @param id empty at the end of the stream
     */
    record Event(String id, String kind, JsonNode data) {
        String text(String field) {
            return data.path(field).asString("");
        }
    }

    private static final Event END = new Event("", "end", RestGateway.json("{}"));

    private final HttpResponse<InputStream> response;
    private final LinkedBlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final LinkedBlockingQueue<String> comments = new LinkedBlockingQueue<>();

    EventStream(HttpResponse<InputStream> response) {
        this.response = response;
        Thread.ofVirtual().start(this::read);
    }

    private void read() {
        try (BufferedReader lines =
                new BufferedReader(
                        new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            String id = "";
            String kind = "";
            String data = "";
            for (Iterator<String> each = lines.lines().iterator(); each.hasNext(); ) {
                String line = each.next();
                if (line.startsWith(":")) {
                    comments.add(line.substring(1).strip());
                } else if (line.startsWith("id: ")) {
                    id = line.substring(4);
                } else if (line.startsWith("event: ")) {
                    kind = line.substring(7);
                } else if (line.startsWith("data: ")) {
                    data = line.substring(6);
                } else if (line.isEmpty() && !data.isEmpty()) {
                    events.add(new Event(id, kind, RestGateway.json(data)));
                    kind = "";
                    data = "";
                }
            }
        } catch (IOException | UncheckedIOException broken) {
            comments.add("broken: " + broken);
        }
        events.add(END);
    }

    Event next() throws InterruptedException {
        Event event = events.poll(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        if (event == null) {
            throw new AssertionError("no event within " + PATIENCE);
        }
        return event;
    }

    /** The next event of which that is so; those before it are passed over. */
    Event next(Predicate<Event> wanted) throws InterruptedException {
        while (true) {
            Event event = next();
            if (wanted.test(event)) {
                return event;
            }
            if (event.equals(END)) {
                throw new AssertionError("the stream has ended");
            }
        }
    }

    Event next(String kind) throws InterruptedException {
        return next(event -> event.kind().equals(kind));
    }

    String nextComment() throws InterruptedException {
        return String.valueOf(comments.poll(PATIENCE.toMillis(), TimeUnit.MILLISECONDS));
    }

    @Override
    public void close() throws IOException {
        response.body().close();
    }
}
