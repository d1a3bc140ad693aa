package io.tokamak.cli;

import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;

/** Times as columns of a table: always as wide. */
final class Times {
    private static final DateTimeFormatter SECONDS =
            new DateTimeFormatterBuilder().appendInstant(0).toFormatter();
    private static final DateTimeFormatter MILLIS =
            new DateTimeFormatterBuilder().appendInstant(3).toFormatter();

    private Times() {}

    static String seconds(Instant time) {
        return SECONDS.format(time);
    }

    static String millis(Instant time) {
        return MILLIS.format(time);
    }
}
