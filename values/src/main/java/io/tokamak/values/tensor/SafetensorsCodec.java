package io.tokamak.values.tensor;

import io.tokamak.objects.MediaType;
import io.tokamak.values.Body;
import io.tokamak.values.Codec;
import io.tokamak.values.Encoded;
import io.tokamak.values.Inspection;
import io.tokamak.values.MediaTypes;
import io.tokamak.values.NotSerializable;
import io.tokamak.values.ValuePin;
import io.tokamak.values.tensor.DType.Scalar;
import io.tokamak.values.tensor.SafetensorsHeader.Entry;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@link Tensors} as safetensors, each at a multiple of 64 bytes. Read in place. */
public final class SafetensorsCodec implements Codec {
    @Override
    public Set<String> mediaTypes() {
        return Set.of(MediaTypes.SAFETENSORS.essence());
    }

    @Override
    public boolean isFor(Class<?> type) {
        return type == Tensors.class;
    }

    @Override
    public Encoded encode(Object value, @Nullable MediaType asked) {
        List<Entry> entries = new ArrayList<>();
        List<MemorySegment> parts = new ArrayList<>();
        long end = 0;
        for (Map.Entry<String, Tensor> each : named(value).entrySet()) {
            String name = each.getKey();
            Tensor tensor = each.getValue();
            Scalar dtype = dtype(name, tensor);
            long gap = -end & (SafetensorsHeader.ALIGNMENT - 1);
            if (gap > 0) {
                String padding = SafetensorsHeader.PADDING + parts.size() + "__";
                entries.add(new Entry(padding, DType.UINT8, List.of(gap), end, end + gap));
                parts.add(MemorySegment.ofArray(new byte[(int) gap]));
                end += gap;
            }
            long begin = end;
            end = Math.addExact(end, tensor.sizeBytes());
            entries.add(
                    new Entry(
                            name,
                            dtype,
                            Arrays.stream(tensor.shape()).boxed().toList(),
                            begin,
                            end));
            parts.add(tensor.isContiguous() ? tensor.segment() : tensor.elements());
        }
        parts.addFirst(MemorySegment.ofArray(SafetensorsHeader.encode(entries)));
        return new Encoded(MediaTypes.SAFETENSORS, parts);
    }

    private static Scalar dtype(String name, Tensor tensor) {
        boolean isLittle =
                tensor.dtype() instanceof Scalar scalar
                        && scalar.order() == ByteOrder.LITTLE_ENDIAN;
        if (!isLittle
                || SafetensorsHeader.nameOf(tensor.dtype()) == null
                || !SafetensorsHeader.hasName(name)) {
            throw new NotSerializable(
                    "value[%s]: safetensors have no %s, or no such name"
                            .formatted(name, tensor.dtype()),
                    "put it alone, or as little-endian numbers");
        }
        return (Scalar) tensor.dtype();
    }

    /** Of {@link Tensors}, or of a map that somebody asks to be put as safetensors. */
    private static Map<String, Tensor> named(Object value) {
        if (value instanceof Tensors tensors) {
            return tensors.asMap();
        }
        Map<String, Tensor> named = new LinkedHashMap<>();
        if (value instanceof Map<?, ?> map) {
            map.forEach(
                    (name, tensor) -> {
                        if (name instanceof String text && tensor instanceof Tensor each) {
                            named.put(text, each);
                        }
                    });
        }
        if (!(value instanceof Map<?, ?> map) || named.size() != map.size()) {
            throw new NotSerializable(
                    "value: " + value.getClass().getTypeName() + " is no map of tensors by name",
                    "put Tensors.of(map), or leave the media type out");
        }
        return named;
    }

    @Override
    public Object decode(Body body, Class<?> type) {
        if (!type.isAssignableFrom(Tensors.class)) {
            throw body.cannotBe(type, Tensors.class);
        }
        MemorySegment object = body.segment();
        List<Entry> entries = SafetensorsHeader.read(object);
        long start = SafetensorsHeader.sizeBytes(object);
        Map<String, Tensor> byName = new LinkedHashMap<>();
        ValuePin pin = body.keep();
        for (Entry entry : entries) {
            if (SafetensorsHeader.hasName(entry.name())) {
                MemorySegment bytes =
                        pin.segment().asSlice(start + entry.begin(), entry.end() - entry.begin());
                byName.put(entry.name(), Tensor.of(pin, entry.dtype(), bytes, entry.lengths()));
            }
        }
        return new Tensors(byName, pin);
    }

    @Override
    public Inspection.Part inspect(Object value, Encoded encoded) {
        List<Inspection.Part> parts = new ArrayList<>();
        named(value)
                .forEach(
                        (name, tensor) ->
                                parts.add(
                                        new Inspection.Part(
                                                "[" + name + "]",
                                                "Tensor " + tensor,
                                                "in place",
                                                tensor.sizeBytes())));
        return new Inspection.Part("value", "Tensors", "in place", -1, parts);
    }
}
