package io.tokamak.values.graph;

import io.tokamak.values.NotSerializable;
import io.tokamak.values.tensor.Tensor;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Cycles that cannot be read. A record, and a collection that does not change, is made after its
 * parts: a part that refers back to it is read before there is anything to refer to, and would have
 * null there. Thread-safe.
 */
final class Cycles {
    /** What is made before its parts, among the JDK's that have any. */
    private static final Set<Class<?>> EARLY =
            Set.of(
                    java.util.ArrayList.class,
                    java.util.LinkedList.class,
                    java.util.ArrayDeque.class,
                    java.util.HashMap.class,
                    java.util.LinkedHashMap.class,
                    java.util.TreeMap.class,
                    java.util.HashSet.class,
                    java.util.LinkedHashSet.class,
                    java.util.TreeSet.class,
                    java.util.concurrent.ConcurrentHashMap.class);

    /** What a class has by which a value of it may be part of a cycle; null: nothing. */
    private static final ClassValue<@Nullable List<Field>> FIELDS =
            new ClassValue<>() {
                @Override
                protected @Nullable List<Field> computeValue(Class<?> type) {
                    return fieldsOf(type);
                }
            };

    /** Classes whose fields are being looked at by this thread: of them nothing is known yet. */
    private static final ScopedValue<List<Class<?>>> LOOKED_AT = ScopedValue.newInstance();

    private Cycles() {}

    /** Whether the value has a cycle, and anything that is made after its parts. */
    static boolean mayBreak(Object root) {
        if (FIELDS.get(root.getClass()) == null) {
            return false;
        }
        boolean hasCycle = false;
        boolean hasLate = false;
        IdentityHashMap<Object, Boolean> isOpen = new IdentityHashMap<>();
        Deque<Object> path = new ArrayDeque<>();
        Deque<Iterator<?>> left = new ArrayDeque<>();
        path.push(root);
        left.push(parts(root));
        isOpen.put(root, true);
        hasLate |= isLate(root);
        while (!path.isEmpty()) {
            if (!Objects.requireNonNull(left.peek()).hasNext()) {
                left.pop();
                isOpen.put(path.pop(), false);
                continue;
            }
            Object part = left.peek().next();
            if (part == null || FIELDS.get(part.getClass()) == null) {
                continue;
            }
            Boolean known = isOpen.putIfAbsent(part, true);
            if (known == null) {
                hasLate |= isLate(part);
                path.push(part);
                left.push(parts(part));
            } else {
                hasCycle |= known;
            }
            if (hasCycle && hasLate) {
                return true;
            }
        }
        return false;
    }

    private static boolean isLate(Object value) {
        Class<?> type = value.getClass();
        return type.isRecord()
                || (GraphWalk.isOfTheJdk(type)
                        && !type.isArray()
                        && !(value instanceof Throwable)
                        && !EARLY.contains(type));
    }

    private static Iterator<?> parts(Object value) {
        return switch (value) {
            case Object[] array -> Arrays.asList(array).iterator();
            case Collection<?> collection when GraphWalk.isOfTheJdk(value.getClass()) ->
                    collection.iterator();
            case Map<?, ?> map when GraphWalk.isOfTheJdk(value.getClass()) -> {
                List<@Nullable Object> both = new ArrayList<>(2 * map.size());
                map.forEach(
                        (key, each) -> {
                            both.add(key);
                            both.add(each);
                        });
                yield both.iterator();
            }
            default ->
                    GraphWalk.isOfTheJdk(value.getClass())
                            ? GraphWalk.partsOf(value).stream()
                                    .map(GraphWalk.Step::value)
                                    .iterator()
                            : fieldValues(value);
        };
    }

    private static Iterator<?> fieldValues(Object value) {
        List<@Nullable Object> values = new ArrayList<>();
        for (Field field : Objects.requireNonNull(FIELDS.get(value.getClass()))) {
            values.add(GraphWalk.valueOf(field, value));
        }
        if (value instanceof Collection<?> || value instanceof Map<?, ?>) {
            GraphWalk.partsOf(value).forEach(part -> values.add(part.value()));
        }
        return values.iterator();
    }

    private static @Nullable List<Field> fieldsOf(Class<?> type) {
        if (type.isArray()) {
            return isPlain(type.getComponentType()) ? null : List.of();
        }
        boolean isOfParts =
                Collection.class.isAssignableFrom(type)
                        || Map.class.isAssignableFrom(type)
                        || Map.Entry.class.isAssignableFrom(type)
                        || type == Optional.class
                        || Throwable.class.isAssignableFrom(type);
        if (GraphWalk.isOfTheJdk(type) || type.isEnum()) {
            return isOfParts ? List.of() : null;
        }
        if (type == Tensor.class) {
            return null;
        }
        List<Class<?>> known = LOOKED_AT.isBound() ? LOOKED_AT.get() : List.of();
        List<Class<?>> more = new ArrayList<>(known);
        more.add(type);
        return ScopedValue.where(LOOKED_AT, more)
                .call(
                        () -> {
                            List<Field> fields = mattering(type);
                            return fields.isEmpty() && !isOfParts ? null : fields;
                        });
    }

    private static List<Field> mattering(Class<?> type) {
        List<Field> fields = new ArrayList<>();
        for (Class<?> each = type;
                each != null && !GraphWalk.isOfTheJdk(each);
                each = each.getSuperclass()) {
            for (Field field : each.getDeclaredFields()) {
                int modifiers = field.getModifiers();
                // What a module does not show to us it does not show to the serializer either.
                if (!Modifier.isStatic(modifiers)
                        && !Modifier.isTransient(modifiers)
                        && !isPlain(field.getGenericType())
                        && field.trySetAccessible()) {
                    fields.add(field);
                }
            }
        }
        return fields;
    }

    /** Whether nothing that is declared so can be part of a cycle. */
    private static boolean isPlain(Type type) {
        if (type instanceof ParameterizedType of && of.getRawType() instanceof Class<?> raw) {
            return (Collection.class.isAssignableFrom(raw)
                            || Map.class.isAssignableFrom(raw)
                            || raw == Optional.class)
                    && Arrays.stream(of.getActualTypeArguments()).allMatch(Cycles::isPlain);
        }
        if (!(type instanceof Class<?> declared)) {
            return false;
        }
        if (declared.isPrimitive() || declared.isEnum() || declared == ByteBuffer.class) {
            return true;
        }
        if (declared.isArray()) {
            return isPlain(declared.getComponentType());
        }
        boolean isLookedAt = LOOKED_AT.isBound() && LOOKED_AT.get().contains(declared);
        return Modifier.isFinal(declared.getModifiers())
                && !isLookedAt
                && FIELDS.get(declared) == null;
    }

    /**
     * Compares a value with what is read of its bytes.
     *
     * @throws NotSerializable when a part has come back as null
     */
    static void check(Object root, @Nullable Object read) {
        Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        record Pair(String path, Object value, @Nullable Object read) {}
        Deque<Pair> waiting = new ArrayDeque<>();
        waiting.add(new Pair(GraphWalk.nameOf(root), root, read));
        while (!waiting.isEmpty()) {
            Pair pair = waiting.remove();
            if (pair.read() == null) {
                throw new NotSerializable(
                        "%s: refers back to a %s, which is made after its parts"
                                .formatted(pair.path(), pair.value().getClass().getTypeName()),
                        "break the cycle there, or put a class or an ArrayList in its place",
                        null);
            }
            if (!seen.add(pair.value())) {
                continue;
            }
            List<GraphWalk.Step> parts = GraphWalk.partsOf(pair.value());
            List<GraphWalk.Step> back = GraphWalk.partsOf(pair.read());
            for (int i = 0; i < Math.min(parts.size(), back.size()); i++) {
                GraphWalk.Step part = parts.get(i);
                if (part.value() != null) {
                    waiting.add(
                            new Pair(pair.path() + part.step(), part.value(), back.get(i).value()));
                }
            }
        }
    }
}
