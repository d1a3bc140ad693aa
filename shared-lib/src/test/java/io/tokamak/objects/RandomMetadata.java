package io.tokamak.objects;

import java.time.Duration;
import java.time.Instant;
import java.util.Random;

/** Metadata of every shape, the same for the same seed. */
final class RandomMetadata {
    private static final String[] KEY_PARTS = {
        "a", "Z", "/", ".", " ", "ü", "€", "😀", "\uFFFD", "\u0301"
    };

    private RandomMetadata() {}

    static ObjectMetadata next(Random random) {
        return metadata(random, 40);
    }

    static ObjectMetadata small(Random random) {
        return metadata(random, 6);
    }

    static ObjectName name(Random random) {
        return name(random, 40);
    }

    private static ObjectMetadata metadata(Random random, int partsMax) {
        return new ObjectMetadata(
                random.nextBoolean() ? name(random, partsMax) : null,
                random.nextBoolean()
                        ? MediaType.OCTET_STREAM
                        : MediaType.of("text/x" + random.nextInt(100) + ";q=\"é\""),
                random.nextInt(3) == 0 ? "gzip, x" + random.nextInt(100) : null,
                attributes(random, partsMax),
                lifetime(random),
                random.nextInt(3) == 0
                        ? new Group("g" + random.nextInt(10), text(random, partsMax))
                        : null);
    }

    private static ObjectName name(Random random, int partsMax) {
        return new ObjectName("n".repeat(1 + random.nextInt(3)), text(random, partsMax));
    }

    private static Attributes attributes(Random random, int partsMax) {
        Attributes.Builder attributes = Attributes.builder();
        int count =
                random.nextInt(3) == 0
                        ? random.nextInt(Math.min(partsMax, Attributes.COUNT_MAX))
                        : 0;
        for (int i = 0; i < count; i++) {
            attributes.add(
                    "a" + i + "x".repeat(random.nextInt(3)),
                    random.nextBoolean() ? "" : text(random, 10).strip());
        }
        return attributes.build();
    }

    private static Lifetime lifetime(Random random) {
        Duration time = Duration.ofMillis(1 + random.nextInt(1_000_000));
        Duration idle =
                random.nextBoolean() ? null : Duration.ofMillis(1 + random.nextInt(1_000_000));
        return switch (random.nextInt(6)) {
            case 0 -> Lifetime.byDefault();
            case 1 -> Lifetime.untilDeleted();
            case 2 -> Lifetime.idle(time);
            case 3 -> new Lifetime.Ttl(time, idle);
            case 4 -> new Lifetime.Until(Instant.ofEpochMilli(1 + random.nextLong(1L << 47)), idle);
            default -> Lifetime.session();
        };
    }

    private static String text(Random random, int partsMax) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(partsMax); i >= 0; i--) {
            text.append(KEY_PARTS[random.nextInt(KEY_PARTS.length)]);
        }
        return text.toString();
    }
}
