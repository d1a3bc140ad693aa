package io.tokamak.values.graph;

import io.tokamak.values.Inspection.Part;
import io.tokamak.values.tensor.Tensor;
import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tells the parts of one value apart, up to a few hundred. For one thread. */
final class GraphInspection {
    private static final int PARTS_MAX = 200;
    private static final int DEPTH_MAX = 8;

    private final IdentityHashMap<Object, String> seen = new IdentityHashMap<>();
    private int count;

    Part part(String label, @Nullable Object value, int depth) {
        count++;
        if (value == null) {
            return new Part(label, "null", "in the stream", -1);
        }
        String known = seen.get(value);
        if (known != null) {
            return new Part(label, typeOf(value), "the same as " + known, -1);
        }
        if (!(value instanceof Number || value instanceof Boolean || value instanceof Enum)) {
            seen.put(value, label);
        }
        return switch (value) {
            case Tensor tensor ->
                    new Part(
                            label,
                            "Tensor " + tensor,
                            "in place when borrowed",
                            tensor.sizeBytes());
            case ByteBuffer buffer ->
                    new Part(label, "ByteBuffer", "in place when borrowed", buffer.remaining());
            default -> {
                long size = arrayBytes(value);
                yield new Part(
                        label,
                        typeOf(value),
                        size >= 0 ? "copied when read" : "in the stream",
                        size,
                        parts(value, depth));
            }
        };
    }

    private List<Part> parts(Object value, int depth) {
        List<Part> parts = new ArrayList<>();
        for (GraphWalk.Step step : GraphWalk.partsOf(value)) {
            if (count >= PARTS_MAX || depth >= DEPTH_MAX) {
                parts.add(new Part("…", "more", "not shown", -1));
                break;
            }
            if (!step.step().startsWith(".key(")) {
                String name = step.step();
                parts.add(
                        part(
                                name.startsWith(".") ? name.substring(1) : name,
                                step.value(),
                                depth + 1));
            }
        }
        return parts;
    }

    /** Of an array of numbers; negative: it is none. */
    private static long arrayBytes(Object value) {
        return switch (value) {
            case byte[] array -> array.length;
            case short[] array -> 2L * array.length;
            case char[] array -> 2L * array.length;
            case int[] array -> 4L * array.length;
            case long[] array -> 8L * array.length;
            case float[] array -> 4L * array.length;
            case double[] array -> 8L * array.length;
            default -> -1;
        };
    }

    private static String typeOf(Object value) {
        Class<?> type = value.getClass();
        if (type.isArray()) {
            return type.getComponentType().getSimpleName() + "[" + Array.getLength(value) + "]";
        }
        return switch (value) {
            case Collection<?> collection -> type.getSimpleName() + " of " + collection.size();
            case Map<?, ?> map -> type.getSimpleName() + " of " + map.size();
            default -> type.getSimpleName();
        };
    }
}
