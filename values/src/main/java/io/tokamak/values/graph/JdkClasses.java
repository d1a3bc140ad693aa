package io.tokamak.values.graph;

import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.UncheckedIOException;
import java.math.RoundingMode;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.Month;
import java.time.ZoneId;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.AbstractMap;
import java.util.ConcurrentModificationException;
import java.util.InputMismatchException;
import java.util.List;
import java.util.MissingResourceException;
import java.util.NoSuchElementException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.fory.Fory;
import org.apache.fory.context.ReadContext;
import org.apache.fory.context.WriteContext;
import org.apache.fory.serializer.Serializer;
import org.apache.fory.serializer.collection.CollectionSerializer;

/** Classes of the JDK that hold data, and are harmless to make, beyond those that Fory knows. */
final class JdkClasses {
    private static final List<Class<?>> PLAIN =
            List.of(
                    DayOfWeek.class,
                    Month.class,
                    ChronoUnit.class,
                    TimeUnit.class,
                    RoundingMode.class,
                    AbstractMap.SimpleEntry.class,
                    AbstractMap.SimpleImmutableEntry.class,
                    // What programs throw, and is thrown at them.
                    Error.class,
                    AssertionError.class,
                    OutOfMemoryError.class,
                    StackOverflowError.class,
                    ArithmeticException.class,
                    ArrayStoreException.class,
                    ClassCastException.class,
                    ClassNotFoundException.class,
                    CloneNotSupportedException.class,
                    InterruptedException.class,
                    NegativeArraySizeException.class,
                    NumberFormatException.class,
                    ReflectiveOperationException.class,
                    SecurityException.class,
                    StringIndexOutOfBoundsException.class,
                    UnsupportedOperationException.class,
                    UncheckedIOException.class,
                    EOFException.class,
                    FileNotFoundException.class,
                    ConnectException.class,
                    SocketTimeoutException.class,
                    UnknownHostException.class,
                    URISyntaxException.class,
                    AccessDeniedException.class,
                    FileAlreadyExistsException.class,
                    NoSuchFileException.class,
                    DateTimeException.class,
                    DateTimeParseException.class,
                    ConcurrentModificationException.class,
                    InputMismatchException.class,
                    MissingResourceException.class,
                    NoSuchElementException.class,
                    CancellationException.class,
                    CompletionException.class,
                    ExecutionException.class,
                    TimeoutException.class);

    private JdkClasses() {}

    /** Whether {@link #register} registers it. */
    static boolean has(Class<?> type) {
        return PLAIN.contains(type);
    }

    static void register(Fory fory) {
        for (Class<?> type : PLAIN) {
            GraphCodec.register(fory, type);
        }
        Class<?> zone = ZoneId.of("Europe/Prague").getClass(); // not one of an offset
        fory.register(zone, "java.time", "ZoneId");
        fory.registerSerializer(zone, new ZoneSerializer(fory, zone));
        fory.registerSerializer(ArrayBlockingQueue.class, new RoomSerializer(fory));
    }

    /** Fory writes such a queue, and does not read it again unless it is full. */
    @SuppressWarnings("rawtypes") // whatever it holds
    private static final class RoomSerializer extends CollectionSerializer<ArrayBlockingQueue> {
        RoomSerializer(Fory fory) {
            super(fory.getTypeResolver(), ArrayBlockingQueue.class, false);
        }

        @Override
        public void write(WriteContext context, ArrayBlockingQueue queue) {
            throw new RefusingSerializer.Refused(ArrayBlockingQueue.class);
        }

        @Override
        public ArrayBlockingQueue read(ReadContext context) {
            throw RefusingSerializer.unread(ArrayBlockingQueue.class);
        }
    }

    /** A zone by its name: its class is hidden, and is not the same for offsets. */
    private static final class ZoneSerializer extends Serializer<ZoneId> {
        @SuppressWarnings("unchecked") // of zones
        ZoneSerializer(Fory fory, Class<?> type) {
            super(fory.getConfig(), (Class<ZoneId>) type);
        }

        @Override
        public void write(WriteContext context, ZoneId zone) {
            context.writeString(zone.getId());
        }

        @Override
        public ZoneId read(ReadContext context) {
            return ZoneId.of(context.readString());
        }
    }
}
