package io.tokamak.gateway.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;

@ExtendWith(SharedGateway.class)
class LifetimesIT {
    private static final Duration BRIEF = Duration.ofMillis(600);

    /** A second, by the design, and a moment for the calls that look. */
    private static final Duration LATE_MAX = Duration.ofMillis(1_500);

    /** How long a client may keep an access to itself. */
    private static final Duration UNREPORTED = Duration.ofMillis(500);

    private final RestGateway gateway;

    LifetimesIT(RestGateway gateway) {
        this.gateway = gateway;
    }

    private static String path(String key) {
        return "/v1/namespaces/lifetimes/objects/" + key;
    }

    private HttpResponse<byte[]> head(String key, String... headers) throws Exception {
        return gateway.send(gateway.to(path(key), headers).method("HEAD", BodyPublishers.noBody()));
    }

    private boolean isThere(String key) throws Exception {
        return gateway.get(path(key) + "?view=info").statusCode() == 200;
    }

    /** Whether it is there, by all that is no access. */
    private boolean lookAt(String key) throws Exception {
        return head(key).statusCode() == 200
                && head(key, "Want-Repr-Digest", "sha-256=1").statusCode() == 200
                && isThere(key);
    }

    @Test
    @DisplayName(
            "of ttl and idle the first ends an object, which a get puts off, and no HEAD, with or"
                    + " without a digest, and no description")
    void whicheverEndsFirst() throws Exception {
        create("warm", "?ttl=1h");
        for (int i = 0; i < 5; i++) { // calls that take long would look too seldom
            assertThat(lookAt("warm")).isTrue();
            assertThat(gateway.get(path("warm")).statusCode()).isEqualTo(200);
        }
        int attempts = 1;
        while (!couldHaveBeenPutOff("-" + attempts)) {
            assertThat(attempts++).as("attempts, on a machine that stands still").isLessThan(5);
        }
    }

    /**
     * Whether it was looked at when an access would have been told to the node, which is not before
     * half a second has passed.
     */
    private boolean couldHaveBeenPutOff(String suffix) throws Exception {
        long begun = System.nanoTime();
        for (String key : List.of("idle", "looked-at", "got")) {
            create(key + suffix, "?ttl=10m&idle=" + BRIEF.toMillis() + "ms");
        }
        create("ttl" + suffix, "?idle=10m&ttl=" + BRIEF.toMillis() + "ms");
        long made = System.nanoTime();
        JsonNode info = RestGateway.json(gateway.get(path("ttl" + suffix) + "?view=info"));
        assertThat(info.get("lifetime").get("kind").asString()).isEqualTo("until");
        assertThat(info.get("lifetime").get("idle").asString()).isEqualTo("10m");
        assertThat(Instant.parse(info.get("expires").asString()))
                .isBefore(Instant.now().plus(BRIEF));

        Duration[] lookedAt = {Duration.ZERO};
        Duration[] lastThere = {Duration.ZERO};
        await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(20))
                .atMost(Duration.ofSeconds(10))
                .until(
                        () -> {
                            Duration begin = since(made);
                            gateway.get(path("got" + suffix));
                            gateway.get(path("ttl" + suffix));
                            Duration age = since(made);
                            boolean isLookedAt = lookAt("looked-at" + suffix);
                            lookedAt[0] = isLookedAt ? age : lookedAt[0];
                            List<Boolean> there =
                                    List.of(
                                            isLookedAt,
                                            isThere("ttl" + suffix),
                                            isThere("idle" + suffix));
                            if (since(begun).compareTo(BRIEF) < 0) {
                                assertThat(there).as("before its end").doesNotContain(false);
                            }
                            lastThere[0] = there.contains(true) ? begin : lastThere[0];
                            return !there.contains(true);
                        });
        assertThat(lastThere[0]).as("late, but still there").isLessThan(BRIEF.plus(LATE_MAX));
        boolean isConclusive = lookedAt[0].compareTo(UNREPORTED) > 0;
        if (isConclusive) {
            assertThat(gateway.get(path("got" + suffix)).statusCode()).isEqualTo(200);
        }
        return isConclusive;
    }

    private static Duration since(long nanos) {
        return Duration.ofNanos(System.nanoTime() - nanos);
    }

    private void create(String key, String query) throws Exception {
        HttpResponse<byte[]> created = gateway.put(path(key) + query, new byte[] {1});
        assertThat(created.statusCode()).isEqualTo(201);
    }
}
