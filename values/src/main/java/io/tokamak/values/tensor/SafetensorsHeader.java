package io.tokamak.values.tensor;

import io.tokamak.values.DecodeException;
import io.tokamak.values.MediaTypes;
import io.tokamak.values.tensor.DType.Scalar;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** The head of safetensors: eight bytes of length, and JSON that says where each tensor lies. */
final class SafetensorsHeader {
    static final int ALIGNMENT = 64;

    /** A tensor of bytes that nobody asks for, as the format allows no room between two. */
    static final String PADDING = "__padding_";

    private static final String METADATA = "__metadata__";
    private static final int LENGTH_BYTES = Long.BYTES;

    /** Of the format itself. */
    private static final long BYTES_MAX = 100 << 20;

    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final JsonFactory JSON = new JsonFactory();

    private static final Map<String, Scalar> DTYPES =
            Map.ofEntries(
                    Map.entry("BOOL", DType.BOOL),
                    Map.entry("U8", DType.UINT8),
                    Map.entry("I8", DType.INT8),
                    Map.entry("U16", DType.UINT16),
                    Map.entry("I16", DType.INT16),
                    Map.entry("U32", DType.UINT32),
                    Map.entry("I32", DType.INT32),
                    Map.entry("U64", DType.UINT64),
                    Map.entry("I64", DType.INT64),
                    Map.entry("F16", DType.FLOAT16),
                    Map.entry("F32", DType.FLOAT32),
                    Map.entry("F64", DType.FLOAT64),
                    Map.entry("C64", DType.COMPLEX64));

    /**
     * Where a tensor lies.
     *
     * @param begin of its bytes, after the header
     */
    record Entry(String name, Scalar dtype, List<Long> shape, long begin, long end) {
        long[] lengths() {
            return shape.stream().mapToLong(Long::longValue).toArray();
        }
    }

    private SafetensorsHeader() {}

    static boolean hasName(String name) {
        return !name.equals(METADATA) && !name.startsWith(PADDING);
    }

    /** What the format calls a dtype, in little-endian order; null: it has no name for it. */
    static @Nullable String nameOf(DType dtype) {
        for (Map.Entry<String, Scalar> each : DTYPES.entrySet()) {
            if (each.getValue().equals(dtype)) {
                return each.getKey();
            }
        }
        return null;
    }

    /** Length and JSON, padded so that the tensors begin at a multiple of 64. */
    static byte[] encode(List<Entry> entries) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[LENGTH_BYTES]);
        try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), out)) {
            json.writeStartObject();
            for (Entry entry : entries) {
                json.writeObjectPropertyStart(entry.name);
                json.writeStringProperty("dtype", nameOf(entry.dtype));
                json.writeName("shape");
                json.writeArray(entry.lengths(), 0, entry.shape.size());
                json.writeName("data_offsets");
                json.writeArray(new long[] {entry.begin, entry.end}, 0, 2);
                json.writeEndObject();
            }
            json.writeEndObject();
        }
        while (out.size() % ALIGNMENT != 0) {
            out.write(' ');
        }
        byte[] header = out.toByteArray();
        MemorySegment.ofArray(header).set(LONG, 0, header.length - LENGTH_BYTES);
        return header;
    }

    /** Bytes before the tensors. */
    static long sizeBytes(MemorySegment object) {
        if (object.byteSize() < LENGTH_BYTES) {
            throw wrong("it has " + object.byteSize() + " bytes");
        }
        long length = object.get(LONG, 0);
        if (length < 0 || length > Math.min(object.byteSize() - LENGTH_BYTES, BYTES_MAX)) {
            throw wrong(
                    "a header of %s bytes in %d"
                            .formatted(Long.toUnsignedString(length), object.byteSize()));
        }
        return LENGTH_BYTES + length;
    }

    /**
     * Every tensor, padding included, in the order of the header. They cover all bytes after it,
     * and none twice.
     *
     * @throws DecodeException otherwise
     */
    static List<Entry> read(MemorySegment object) {
        long start = sizeBytes(object);
        byte[] text =
                object.asSlice(LENGTH_BYTES, start - LENGTH_BYTES).toArray(ValueLayout.JAVA_BYTE);
        Map<String, Entry> entries = new LinkedHashMap<>();
        try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), text)) {
            expect(json.nextToken(), JsonToken.START_OBJECT);
            while (json.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = json.currentName();
                expect(json.nextToken(), JsonToken.START_OBJECT);
                if (name.equals(METADATA)) {
                    json.skipChildren();
                } else if (entries.put(name, entry(name, json)) != null) {
                    throw wrong("two tensors are called " + name);
                }
            }
            expect(json.currentToken(), JsonToken.END_OBJECT);
            if (json.nextToken() != null) {
                throw wrong("something follows its JSON");
            }
        } catch (JacksonException | IllegalArgumentException | ArithmeticException e) {
            throw DecodeException.malformed(
                    MediaTypes.SAFETENSORS, "its header: " + e.getMessage(), e);
        }
        List<Entry> all = new ArrayList<>(entries.values());
        checkCover(all, object.byteSize() - start);
        return all;
    }

    private static Entry entry(String name, JsonParser json) {
        Scalar dtype = null;
        long[] shape = null;
        long[] offsets = null;
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            String field = json.currentName();
            JsonToken value = json.nextToken();
            switch (field) {
                case "dtype" -> {
                    expect(value, JsonToken.VALUE_STRING);
                    dtype = DTYPES.get(json.getString());
                }
                case "shape" -> shape = numbers(value, json, Tensor.RANK_MAX);
                case "data_offsets" -> offsets = numbers(value, json, 2);
                default -> throw wrong("tensor " + name + " has a " + field);
            }
        }
        if (dtype == null || shape == null || offsets == null || offsets.length != 2) {
            throw wrong("tensor " + name + " has no dtype that is known, no shape or no place");
        }
        long bytes = Shapes.count(shape, dtype.sizeBytes()) * dtype.sizeBytes();
        if (offsets[0] < 0 || offsets[1] < offsets[0] || offsets[1] - offsets[0] != bytes) {
            throw wrong(
                    "tensor %s of %d bytes does not lie in %d to %d"
                            .formatted(name, bytes, offsets[0], offsets[1]));
        }
        return new Entry(
                name, dtype, Arrays.stream(shape).boxed().toList(), offsets[0], offsets[1]);
    }

    private static long[] numbers(JsonToken value, JsonParser json, int countMax) {
        expect(value, JsonToken.START_ARRAY);
        List<Long> numbers = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            expect(json.currentToken(), JsonToken.VALUE_NUMBER_INT);
            if (numbers.size() == countMax) {
                throw wrong("more than " + countMax + " numbers");
            }
            numbers.add(json.getLongValue());
        }
        return numbers.stream().mapToLong(Long::longValue).toArray();
    }

    private static void expect(@Nullable JsonToken found, JsonToken wanted) {
        if (found != wanted) {
            throw wrong("%s where %s should be".formatted(found, wanted));
        }
    }

    private static void checkCover(List<Entry> entries, long sizeBytes) {
        long at = 0;
        List<Entry> sorted = new ArrayList<>(entries);
        sorted.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        for (Entry entry : sorted) {
            if (entry.begin != at) {
                throw wrong("tensors overlap, or leave a hole, at " + at);
            }
            at = entry.end;
        }
        if (at != sizeBytes) {
            throw wrong("tensors of %d bytes in %d".formatted(at, sizeBytes));
        }
    }

    private static DecodeException wrong(String why) {
        return DecodeException.malformed(MediaTypes.SAFETENSORS, why);
    }
}
