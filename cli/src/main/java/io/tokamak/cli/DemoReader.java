package io.tokamak.cli;

import io.tokamak.client.ObjectView;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectId;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** A reader of the demo, in a process of its own: {@link ReaderProcess} is its other side. */
@Command(name = "demo-reader", hidden = true, header = "Reads for the demo.")
final class DemoReader implements Callable<Integer> {
    private static final ValueLayout.OfDouble FLOAT64 =
            ValueLayout.JAVA_DOUBLE.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Several processes start at once, perhaps on a busy machine. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** Doubles added up in one loop with an int counter, which the compiler unrolls. */
    private static final int PART_DOUBLES = 1 << 16;

    @ParentCommand
    @SuppressWarnings("NullAway.Init") // by picocli
    private Tokamak tokamak;

    @Parameters(index = "0")
    @SuppressWarnings("NullAway.Init") // by picocli
    private String arrayId;

    @Parameters(index = "1")
    @SuppressWarnings("NullAway.Init") // by picocli
    private String listId;

    @Override
    public Integer call() throws IOException {
        Deadline deadline = Deadline.after(PATIENCE);
        try (TokamakClient client = tokamak.connection().connect(PATIENCE);
                ObjectView array = client.get(ObjectId.parse(arrayId), deadline)) {
            ObjectId[] ids = ids(client.read(ObjectId.parse(listId), deadline));
            answer("ready");
            BufferedReader commands =
                    new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            String command = commands.readLine();
            while (command != null && !command.equals("end")) {
                long start = System.nanoTime();
                double sum = command.equals("array") ? sum(array) : sum(client, ids);
                answer(command + " " + sum + " " + (System.nanoTime() - start));
                command = commands.readLine();
            }
        }
        return Failure.FINE;
    }

    private void answer(String line) throws IOException {
        tokamak.output().line(line);
        tokamak.output().flush();
    }

    private static ObjectId[] ids(byte[] list) {
        ObjectId[] ids = new ObjectId[list.length / ObjectId.SIZE_BYTES];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = ObjectId.ofBytes(list, i * ObjectId.SIZE_BYTES);
        }
        return ids;
    }

    private static double sum(ObjectView array) {
        MemorySegment file = array.segment();
        int headerBytes =
                10
                        + Short.toUnsignedInt(
                                file.get(
                                        ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(
                                                ByteOrder.LITTLE_ENDIAN),
                                        8));
        MemorySegment data = file.asSlice(headerBytes);
        long count = data.byteSize() / Double.BYTES;
        double sum = 0;
        for (long at = 0; at < count; at += PART_DOUBLES) {
            sum += sum(data.asSlice(at * Double.BYTES), (int) Math.min(PART_DOUBLES, count - at));
        }
        return sum;
    }

    /** Eight sums at once, because each addition waits for the one before it. */
    private static double sum(MemorySegment data, int count) {
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        double e = 0;
        double f = 0;
        double g = 0;
        double h = 0;
        int i = 0;
        for (; i + 7 < count; i += 8) {
            a += data.getAtIndex(FLOAT64, i);
            b += data.getAtIndex(FLOAT64, i + 1);
            c += data.getAtIndex(FLOAT64, i + 2);
            d += data.getAtIndex(FLOAT64, i + 3);
            e += data.getAtIndex(FLOAT64, i + 4);
            f += data.getAtIndex(FLOAT64, i + 5);
            g += data.getAtIndex(FLOAT64, i + 6);
            h += data.getAtIndex(FLOAT64, i + 7);
        }
        for (; i < count; i++) {
            a += data.getAtIndex(FLOAT64, i);
        }
        return (a + b) + (c + d) + ((e + f) + (g + h));
    }

    private static double sum(TokamakClient client, ObjectId[] ids) {
        long sum = 0;
        for (ObjectId id : ids) {
            try (ObjectView view = client.get(id, Deadline.NONE)) {
                for (int word = 0; word < DemoCommand.SMALL_LONGS; word++) {
                    sum += view.getLong((long) word * Long.BYTES);
                }
            }
        }
        return sum;
    }
}
