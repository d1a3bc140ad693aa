package io.tokamak.cli;

import io.tokamak.client.Locality;
import io.tokamak.objects.ByteSize;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the demo measured, and how it says so. */
final class DemoFigures {
    private static final double NANOS = 1e9;
    private static final double GIGA = 1e9;

    long sizeBytes;
    int objects;
    int readers;
    @Nullable Locality locality;
    long arrayWriteNanos;
    long arrayExpected;
    long smallWriteNanos;
    long smallExpected;
    long poolBytes;
    long tmpfsBeforeBytes;
    long tmpfsWhileBytes;
    private final List<List<ReaderProcess.Sum>> arrayRounds = new ArrayList<>();
    private final List<List<ReaderProcess.Sum>> smallRounds = new ArrayList<>();
    private final List<ReaderProcess.Memory> memory = new ArrayList<>();

    void addArrayRound(List<ReaderProcess.Sum> sums) {
        arrayRounds.add(sums);
    }

    void addSmallRound(List<ReaderProcess.Sum> sums) {
        smallRounds.add(sums);
    }

    void addMemory(ReaderProcess.Memory process) {
        memory.add(process);
    }

    /** Whether every process found every sum, every time. */
    boolean isRight() {
        return allAre(arrayRounds, arrayExpected) && allAre(smallRounds, smallExpected);
    }

    private static boolean allAre(List<List<ReaderProcess.Sum>> rounds, long expected) {
        return rounds.stream()
                .flatMap(List::stream)
                .allMatch(sum -> sum.value() == (double) expected);
    }

    /** How long a round took that began everywhere at once: as long as its slowest. */
    private static double seconds(List<ReaderProcess.Sum> round) {
        return round.stream().mapToLong(ReaderProcess.Sum::nanos).max().orElse(1) / NANOS;
    }

    private static double bestSeconds(List<List<ReaderProcess.Sum>> rounds) {
        return rounds.stream().mapToDouble(DemoFigures::seconds).min().orElse(1);
    }

    void print(Output output, boolean json) throws IOException {
        double arrayWrite = sizeBytes / (arrayWriteNanos / NANOS);
        double smallWrite = objects / (smallWriteNanos / NANOS);
        double arrayFirst = readers * sizeBytes / seconds(arrayRounds.getFirst());
        double arrayBest = readers * sizeBytes / bestSeconds(arrayRounds);
        double smallBest = readers * (double) objects / bestSeconds(smallRounds);
        long shared = memory.stream().mapToLong(ReaderProcess.Memory::sharedBytes).sum();
        long share = memory.stream().mapToLong(ReaderProcess.Memory::shareBytes).sum();
        boolean zeroCopy = locality != null && locality.zeroCopy();
        if (json) {
            output.json(
                    new Json()
                            .with("right", isRight())
                            .with("zeroCopy", zeroCopy)
                            .with("size", sizeBytes)
                            .with("objects", objects)
                            .with("readers", readers)
                            .with("arrayWriteBytesPerSecond", Math.round(arrayWrite))
                            .with("smallWritePerSecond", Math.round(smallWrite))
                            .with("arrayReadBytesPerSecondFirst", Math.round(arrayFirst))
                            .with("arrayReadBytesPerSecond", Math.round(arrayBest))
                            .with("smallReadPerSecond", Math.round(smallBest))
                            .with("pool", poolBytes)
                            .with("rssShmem", shared)
                            .with("pssShmem", share)
                            .with("tmpfsBefore", tmpfsBeforeBytes)
                            .with("tmpfsWhile", tmpfsWhileBytes));
            return;
        }
        output.line("");
        output.line(
                "zero-copy      %s (%s)",
                zeroCopy ? "yes" : "no", locality == null ? "" : locality.reason());
        output.line(
                "array          %s of float64 in an .npy file, written at %.1f GB/s",
                ByteSize.format(sizeBytes), arrayWrite / GIGA);
        output.line(
                "small objects  %,d of %d bytes, put at %,.0f/s by one thread",
                objects, DemoCommand.SMALL_LONGS * 8, smallWrite);
        output.line(
                "readers        %d processes at once, on %d processors",
                readers, Runtime.getRuntime().availableProcessors());
        output.line(
                "  array        added up in place at %.1f GB/s together (%.1f the first time, when"
                        + " each maps its pages)",
                arrayBest / GIGA, arrayFirst / GIGA);
        output.line("  small        got, read and released at %,.0f/s together", smallBest);
        output.line(
                "  sums         %s",
                isRight()
                        ? "right, every one"
                        : "WRONG: expected " + arrayExpected + " and " + smallExpected);
        output.line(
                "memory         each reader has %s of the pool mapped (RssShmem), the %d together"
                        + " %s;",
                ByteSize.format(shared / Math.max(1, memory.size())),
                readers,
                ByteSize.format(shared));
        output.line(
                "               divided by who shares them, that is %s for all %d (Pss_Shmem):",
                ByteSize.format(share), readers);
        output.line(
                "               the pages are there once, in the pool of %s; the tmpfs had %s in"
                        + " use before and %s while they read",
                ByteSize.format(poolBytes),
                ByteSize.format(tmpfsBeforeBytes),
                ByteSize.format(tmpfsWhileBytes));
    }
}
