package io.tokamak.benchmarks;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code name=value} words of a task's command line. */
record Arguments(Map<String, String> values) {
    static Arguments parse(String[] words, int from) {
        Map<String, String> values = new LinkedHashMap<>();
        for (int i = from; i < words.length; i++) {
            int equals = words[i].indexOf('=');
            values.put(words[i].substring(0, equals), words[i].substring(equals + 1));
        }
        return new Arguments(values);
    }

    String text(String name) {
        @Nullable String value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException("missing argument " + name);
        }
        return value;
    }

    long number(String name) {
        return Long.parseLong(text(name));
    }

    int count(String name) {
        return Math.toIntExact(number(name));
    }

    /** Says that everything is prepared and waits until the driver lets all begin. */
    void awaitGo() throws IOException {
        System.out.println("ready");
        if (System.in.read() < 0) {
            throw new IOException("the driver is gone");
        }
    }
}
