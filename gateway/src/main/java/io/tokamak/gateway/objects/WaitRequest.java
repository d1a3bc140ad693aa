package io.tokamak.gateway.objects;

import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectName;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What is waited for.
 *
 * @param wanted each once; a name where it was asked for by name
 * @param count how many of them suffice
 */
record WaitRequest(Map<ObjectId, @Nullable ObjectName> wanted, int count, Duration timeout) {
    static final List<String> FIELDS = List.of("ids", "names", "count", "timeout");

    private static final List<String> NAME_FIELDS = List.of("namespace", "key");

    /**
     * Reads a JSON object that has no other fields. A field that is null is left out.
     *
     * @throws InvalidRequest {@code bad-parameter}, {@code bad-id}, {@code bad-name}, {@code
     *     bad-duration} or {@code unknown-parameter}; what is wrong with an item says which
     */
    static WaitRequest of(JsonNode document) {
        Map<ObjectId, @Nullable ObjectName> wanted = new LinkedHashMap<>();
        items(document, "ids").forEach(item -> wanted.put(id(item), null));
        items(document, "names")
                .forEach(
                        item -> {
                            ObjectName name = name(item);
                            wanted.put(ObjectId.named(name), name);
                        });
        return new WaitRequest(wanted, count(document, wanted.size()), timeout(document));
    }

    /**
     * An item of a list.
     *
     * @param path of it in the document, for messages: {@code ids[3]}
     */
    private record Item(String path, JsonNode value) {}

    private static List<Item> items(JsonNode document, String field) {
        JsonNode list = document.path(field);
        if (isLeftOut(list)) {
            return List.of();
        }
        if (!list.isArray()) {
            throw Parameters.bad(field, "is no list", "send a list, or leave it out");
        }
        return IntStream.range(0, list.size())
                .mapToObj(i -> new Item(field + "[" + i + "]", list.get(i)))
                .toList();
    }

    private static boolean isLeftOut(JsonNode value) {
        return value.isMissingNode() || value.isNull();
    }

    private static ObjectId id(Item item) {
        if (!item.value().isString()) {
            throw Parameters.bad(item.path(), "is no string", "send 32 hex digits");
        }
        return named(item.path(), () -> ObjectId.parse(item.value().stringValue()));
    }

    private static ObjectName name(Item item) {
        if (!item.value().isObject()) {
            throw Parameters.bad(item.path(), "is no object", "send {namespace, key}");
        }
        for (String field : item.value().propertyNames()) {
            Parameters.checkKnown(item.path() + "." + field, field, NAME_FIELDS);
        }
        String namespace = text(item, "namespace");
        String key = text(item, "key");
        return named(
                item.path(),
                () ->
                        new ObjectName(
                                namespace == null ? ObjectName.DEFAULT_NAMESPACE : namespace,
                                key == null ? "" : key));
    }

    /** A field of an item; null: it is left out. */
    private static @Nullable String text(Item item, String field) {
        JsonNode value = item.value().path(field);
        if (isLeftOut(value)) {
            return null;
        }
        if (!value.isString()) {
            throw Parameters.bad(item.path() + "." + field, "is no string", "send text");
        }
        return value.stringValue();
    }

    /** Says of what is wrong in which item it is. */
    private static <T> T named(String path, Supplier<T> parse) {
        try {
            return parse.get();
        } catch (InvalidRequest e) {
            SequencedMap<String, Object> numbers = new LinkedHashMap<>();
            numbers.put("parameter", path);
            numbers.putAll(e.numbers());
            throw new InvalidRequest(e.code(), path + ": " + e.detail(), e.remedy(), numbers);
        }
    }

    private static int count(JsonNode document, int size) {
        JsonNode count = document.path("count");
        if (isLeftOut(count)) {
            return size;
        }
        if (!count.isIntegralNumber() || !count.canConvertToInt()) {
            throw Parameters.bad("count", "is no whole number", "leave it out for all");
        }
        int number = count.intValue();
        if (number < 0 || number > size) {
            throw Parameters.bad("count", "is " + number + " of " + size, "leave it out for all");
        }
        return number;
    }

    private static Duration timeout(JsonNode document) {
        JsonNode timeout = document.path("timeout");
        if (isLeftOut(timeout)) {
            return Duration.ZERO;
        }
        if (!timeout.isString()) { // a number would have no unit
            throw Parameters.bad("timeout", "is no string", "send a duration, such as \"10s\"");
        }
        return Parameters.parseWait(timeout.stringValue());
    }
}
