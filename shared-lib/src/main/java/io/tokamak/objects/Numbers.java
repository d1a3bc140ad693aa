package io.tokamak.objects;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/** Makes the ordered, immutable maps that errors carry. */
final class Numbers {
    private Numbers() {}

    static SequencedMap<String, Object> none() {
        return Collections.unmodifiableSequencedMap(new LinkedHashMap<>());
    }

    static SequencedMap<String, Object> of(String name, Object value) {
        SequencedMap<String, Object> numbers = new LinkedHashMap<>();
        numbers.put(name, value);
        return Collections.unmodifiableSequencedMap(numbers);
    }

    static SequencedMap<String, Object> of(String name, Object value, String name2, Object value2) {
        SequencedMap<String, Object> numbers = new LinkedHashMap<>();
        numbers.put(name, value);
        numbers.put(name2, value2);
        return Collections.unmodifiableSequencedMap(numbers);
    }

    static SequencedMap<String, Object> of(ObjectName name) {
        return of("namespace", name.namespace(), "key", name.key());
    }

    static SequencedMap<String, Object> of(
            ObjectName name, ObjectId id, String holder, Instant since) {
        SequencedMap<String, Object> numbers = new LinkedHashMap<>(of(name));
        numbers.put("id", id.toString());
        numbers.put("holder", holder);
        numbers.put("since", since.toString());
        return numbers;
    }

    static SequencedMap<String, Object> quota(long requested, long used, long limit) {
        SequencedMap<String, Object> numbers = new LinkedHashMap<>();
        numbers.put("requested", requested);
        numbers.put("used", used);
        numbers.put("limit", limit);
        return numbers;
    }

    static SequencedMap<String, Object> copyOf(SequencedMap<String, ?> numbers) {
        return Collections.unmodifiableSequencedMap(new LinkedHashMap<>(numbers));
    }
}
