package io.tokamak.values.graph;

import io.tokamak.objects.MediaType;
import io.tokamak.values.Body;
import io.tokamak.values.Codec;
import io.tokamak.values.DecodeException;
import io.tokamak.values.Encoded;
import io.tokamak.values.Inspection;
import io.tokamak.values.MediaTypes;
import io.tokamak.values.ValueException;
import io.tokamak.values.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.fory.Fory;
import org.apache.fory.ThreadSafeFory;
import org.apache.fory.logging.LoggerFactory;
import org.jspecify.annotations.Nullable;

/**
 * Any Java values by Apache Fory: what is referred to twice is stored once, cycles hold, a class
 * may gain, lose and reorder fields. Large arrays, tensors and buffers lie beside the stream;
 * {@link io.tokamak.values.Values#borrow} reads tensors and buffers in place, and so does {@link
 * io.tokamak.values.Values#getInPlace}; arrays are always copied.
 *
 * <p>Only registered classes are written and read, besides those of the JDK that hold data. Classes
 * are known by their names, so writer and reader may register in any order. A serializable lambda
 * is read where the class that it stands in is registered.
 */
public final class GraphCodec implements Codec {
    /** More than a thread of 1 MiB has stack for, which is what ends a chain that is too deep. */
    private static final int DEPTH_MAX = 10_000;

    static {
        LoggerFactory.useSlf4jLogging(true);
    }

    private final List<Class<?>> registered;
    private final boolean isOpen;
    private final ThreadSafeFory fory;

    /** For streams of earlier versions, once there is one. */
    private @Nullable ThreadSafeFory foryOfPlaces;

    /** Without classes of the program's own. */
    public GraphCodec() {
        this(List.of(), false);
    }

    private GraphCodec(List<Class<?>> registered, boolean isOpen) {
        this.registered = registered;
        this.isOpen = isOpen;
        this.fory = fory(true);
    }

    private ThreadSafeFory fory(boolean hasEnumNames) {
        return Fory.builder()
                .withXlang(false)
                .withRefTracking(true)
                .withCompatible(true)
                .serializeEnumByName(hasEnumNames)
                .withDeserializeUnknownClass(false)
                .withMaxDepth(DEPTH_MAX)
                .suppressClassRegistrationWarnings(true)
                .requireClassRegistration(!isOpen)
                .withSerializerFactory(
                        (resolver, type) ->
                                Unstorable.of(type) == null
                                        ? null
                                        : new RefusingSerializer(resolver.getConfig(), type))
                .withModule(each -> install(each, registered))
                .buildThreadSafeFory();
    }

    private synchronized ThreadSafeFory foryOfPlaces() {
        ThreadSafeFory known = foryOfPlaces;
        if (known == null) {
            known = fory(false);
            foryOfPlaces = known;
        }
        return known;
    }

    /** Of these classes, arrays of them, and those of the JDK that hold data. */
    public static GraphCodec of(Class<?>... classes) {
        return builder().register(classes).build();
    }

    public static Builder builder() {
        return new Builder();
    }

    private static void install(Fory fory, List<Class<?>> registered) {
        ArraySerializer.register(fory);
        ByteBufferSerializer.register(fory);
        JdkClasses.register(fory);
        fory.register(Tensor.class, "tokamak", "tensor");
        fory.registerSerializer(Tensor.class, new TensorSerializer(fory));
        for (Class<?> type : registered) {
            if (!JdkClasses.has(type)) {
                register(fory, type);
            }
        }
    }

    /** By its package and the rest of its name. */
    static void register(Fory fory, Class<?> type) {
        String name = type.getName();
        int dot = name.lastIndexOf('.');
        fory.register(type, name.substring(0, Math.max(0, dot)), name.substring(dot + 1));
    }

    @Override
    public Set<String> mediaTypes() {
        return Set.of(MediaTypes.FORY.essence());
    }

    @Override
    public boolean isFor(Class<?> type) {
        return true;
    }

    @Override
    public Encoded encode(Object value, @Nullable MediaType asked) {
        Buffers buffers = new Buffers();
        try {
            byte[] stream =
                    ScopedValue.where(Buffers.CURRENT, buffers).call(() -> fory.serialize(value));
            if (Cycles.mayBreak(value)) {
                // Rare, and which part comes first is Fory's: so it is tried.
                Cycles.check(
                        value,
                        ScopedValue.where(Buffers.CURRENT, new Buffers(buffers.written()))
                                .call(() -> fory.deserialize(stream)));
            }
            return new Encoded(MediaTypes.FORY, GraphFile.parts(stream, buffers.written()));
        } catch (ValueException known) {
            throw known;
        } catch (RuntimeException | StackOverflowError failure) {
            throw Culprit.of(value, failure);
        }
    }

    @Override
    public Object decode(Body body, Class<?> type) {
        GraphFile file = GraphFile.of(body.segment());
        Buffers buffers = new Buffers(file, body);
        try {
            byte[] stream = file.stream();
            ThreadSafeFory reader = file.hasEnumNames() ? fory : foryOfPlaces();
            Object value =
                    ScopedValue.where(Buffers.CURRENT, buffers)
                            .call(() -> reader.deserialize(stream));
            if (value == null) {
                throw body.malformed("it holds nothing");
            }
            return value;
        } catch (ValueException known) {
            throw known;
        } catch (RuntimeException | StackOverflowError | LinkageError failure) {
            throw failure(body, failure);
        }
    }

    private DecodeException failure(Body body, Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof DecodeException known) {
                return known;
            }
            if (cause instanceof OutOfMemoryError full) {
                throw full; // of this process, and no fault of the bytes
            }
            String said = String.valueOf(cause.getMessage());
            if (said.contains("is not registered") || cause instanceof ClassNotFoundException) {
                return new DecodeException(
                        "%s: %s".formatted(body.mediaType().essence(), said),
                        isOpen
                                ? "add the class to this program's class path"
                                : "register the class in the builder of GraphCodec",
                        failure);
            }
        }
        return new DecodeException(
                "%s: %s".formatted(body.mediaType().essence(), firstOf(failure)),
                "if a class has changed, read it by the class that it was; else see who wrote the"
                        + " object, with TokamakClient.get for its bytes",
                failure);
    }

    /** What went wrong first: what is around it names the objects that were read until then. */
    private static Throwable firstOf(Throwable failure) {
        Throwable first = failure;
        while (first.getCause() != null) {
            first = first.getCause();
        }
        return first;
    }

    @Override
    public Inspection.Part inspect(Object value, Encoded encoded) {
        return new GraphInspection().part(GraphWalk.nameOf(value), value, 0);
    }

    /** For one thread. */
    public static final class Builder {
        private final Set<Class<?>> registered =
                new TreeSet<>((a, b) -> a.getName().compareTo(b.getName()));
        private boolean isOpen;

        private Builder() {}

        /**
         * Classes to be written and read: records, enums, interfaces of sealed types, all others.
         */
        public Builder register(Class<?>... classes) {
            registered.addAll(List.of(classes));
            return this;
        }

        /**
         * Has any class written and read, serializable lambdas included.
         *
         * <p>The risk: whoever may put objects then chooses which classes of this program's class
         * path are made, and some of them run code when they are. Only for stores where everybody
         * who may put is trusted like this program itself.
         */
        public Builder allowAnyClass() {
            isOpen = true;
            return this;
        }

        public GraphCodec build() {
            return new GraphCodec(new ArrayList<>(registered), isOpen);
        }
    }
}
