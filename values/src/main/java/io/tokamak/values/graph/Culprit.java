package io.tokamak.values.graph;

import io.tokamak.values.NotSerializable;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.fory.exception.InsecureException;
import org.jspecify.annotations.Nullable;

/** Finds which part of a value could not be stored, and says why. */
final class Culprit {
    private static final Pattern UNREGISTERED = Pattern.compile("class (\\S+) is not registered");
    private static final Pattern FORMLESS =
            Pattern.compile("[Cc]lass (\\S+) doesn't support serialization");

    private record Place(String path, Object value) {}

    private Culprit() {}

    /** The error for a value that Fory refused. */
    static NotSerializable of(Object root, Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof OutOfMemoryError full) {
                throw full;
            }
            if (cause instanceof RefusingSerializer.Refused refused) {
                return refused(root, refused.type(), failure);
            }
            String said = cause.getMessage();
            Matcher unregistered = UNREGISTERED.matcher(said == null ? "" : said);
            if (cause instanceof InsecureException && unregistered.find()) {
                return unregistered(root, unregistered.group(1), failure);
            }
            Matcher formless = FORMLESS.matcher(said == null ? "" : said);
            if (formless.find()) {
                return new NotSerializable(
                        "%s: %s has no stored form"
                                .formatted(path(root, formless.group(1)), formless.group(1)),
                        "put the data that it holds, in a class of your own",
                        failure);
            }
            if (cause instanceof StackOverflowError) {
                return new NotSerializable(
                        GraphWalk.nameOf(root) + ": objects refer to each other too deeply",
                        "put them in a list instead of a chain, or give the thread a larger stack",
                        failure);
            }
        }
        Place place = find(root, value -> Unstorable.of(value.getClass()) != null);
        return place == null
                ? new NotSerializable(
                        GraphWalk.nameOf(root) + ": " + failure,
                        "leave the part out, or put it in another form",
                        failure)
                : refused(root, place.value().getClass(), failure);
    }

    private static NotSerializable refused(Object root, Class<?> type, Throwable failure) {
        Unstorable why = Unstorable.of(type);
        String where = path(root, type.getName());
        String name = type.getTypeName();
        return why == null
                ? new NotSerializable(
                        where + ": " + shortName(name) + " is code, which no object brings along",
                        "put the data that it works on, or allow any class in the builder",
                        failure)
                : new NotSerializable(
                        "%s: %s cannot be stored: it %s"
                                .formatted(where, shortName(name), why.what()),
                        why.remedy(),
                        failure);
    }

    private static NotSerializable unregistered(Object root, String className, Throwable failure) {
        Place place = find(root, value -> value.getClass().getName().equals(className));
        Unstorable why = place == null ? null : Unstorable.of(place.value().getClass());
        if (place != null && why != null) {
            return refused(root, place.value().getClass(), failure);
        }
        return new NotSerializable(
                "%s: class %s is not registered".formatted(path(root, className), className),
                "register it in the builder of GraphCodec, here and where it is read",
                failure);
    }

    private static String shortName(String name) {
        return name.startsWith("java.") ? name.substring(name.lastIndexOf('.') + 1) : name;
    }

    private static String path(Object root, String className) {
        Place place = find(root, value -> value.getClass().getName().equals(className));
        return place == null ? GraphWalk.nameOf(root) : place.path();
    }

    /** The nearest part of which that holds. */
    private static @Nullable Place find(Object root, Predicate<Object> isMeant) {
        Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Place> waiting = new ArrayDeque<>();
        waiting.add(new Place(GraphWalk.nameOf(root), root));
        while (!waiting.isEmpty()) {
            Place place = waiting.remove();
            if (isMeant.test(place.value())) {
                return place;
            }
            if (seen.add(place.value())) {
                for (GraphWalk.Step part : GraphWalk.partsOf(place.value())) {
                    if (part.value() != null) {
                        waiting.add(new Place(place.path() + part.step(), part.value()));
                    }
                }
            }
        }
        return null;
    }
}
