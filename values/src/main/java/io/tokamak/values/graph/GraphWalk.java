package io.tokamak.values.graph;

import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a value as a person sees them, to say which one is meant. Not for every put: slow.
 */
final class GraphWalk {
    /**
     * A part of a value.
     *
     * @param step from the whole to it: {@code .name}, {@code [3]}
     * @param value null when the part is
     */
    record Step(String step, @Nullable Object value) {}

    private GraphWalk() {}

    /** What a path begins with. */
    static String nameOf(Object root) {
        String name = root.getClass().getSimpleName();
        boolean isPlain =
                !name.isEmpty()
                        && Character.isJavaIdentifierStart(name.charAt(0))
                        && !root.getClass().isArray()
                        && !isOfTheJdk(root.getClass());
        return isPlain ? Character.toLowerCase(name.charAt(0)) + name.substring(1) : "value";
    }

    static boolean isOfTheJdk(Class<?> type) {
        return type.getModule().isNamed()
                && Object.class.getModule().getLayer() != null
                && type.getModule().getLayer() == Object.class.getModule().getLayer();
    }

    /** Elements, entries, components and fields; none of what has no parts. */
    static List<Step> partsOf(Object value) {
        List<Step> parts = new ArrayList<>();
        switch (value) {
            case Object[] array -> {
                for (int i = 0; i < array.length; i++) {
                    parts.add(new Step("[" + i + "]", array[i]));
                }
            }
            case Collection<?> collection -> {
                int i = 0;
                for (Object each : collection) {
                    parts.add(new Step("[" + i++ + "]", each));
                }
            }
            case Map<?, ?> map -> {
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    parts.add(new Step(".key(" + shown(entry.getKey()) + ")", entry.getKey()));
                    parts.add(new Step("[" + shown(entry.getKey()) + "]", entry.getValue()));
                }
            }
            case Optional<?> optional ->
                    optional.ifPresent(it -> parts.add(new Step(".get()", it)));
            case Throwable failure -> parts.add(new Step(".getCause()", failure.getCause()));
            default -> {}
        }
        if (!isOfTheJdk(value.getClass())) {
            addFields(value, parts);
        }
        return parts;
    }

    private static void addFields(Object value, List<Step> parts) {
        Class<?> type = value.getClass();
        while (type != null && !isOfTheJdk(type)) {
            for (Field field : type.getDeclaredFields()) {
                if (!Modifier.isStatic(field.getModifiers())
                        && !Modifier.isTransient(field.getModifiers())
                        && !field.getType().isPrimitive()) {
                    parts.add(new Step("." + field.getName(), valueOf(field, value)));
                }
            }
            type = type.getSuperclass();
        }
    }

    static @Nullable Object valueOf(Field field, Object value) {
        try {
            field.setAccessible(true);
            return field.get(value);
        } catch (IllegalAccessException | InaccessibleObjectException closed) {
            return null; // of a module that does not show it: the part is not told apart
        }
    }

    private static String shown(@Nullable Object key) {
        return switch (key) {
            case String text -> text.length() <= 40 ? text : text.substring(0, 40) + "…";
            case Number number -> number.toString();
            case Enum<?> constant -> constant.name();
            case null -> "null";
            default -> key.getClass().getSimpleName();
        };
    }
}
