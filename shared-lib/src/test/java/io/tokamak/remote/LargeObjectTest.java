package io.tokamak.remote;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.stub.ServerCallStreamObserver;
import io.tokamak.memory.Block;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectId;
import io.tokamak.proto.v1.GetResponse;
import io.tokamak.proto.v1.ObjectInfo;
import io.tokamak.proto.v1.ObjectRef;
import io.tokamak.proto.v1.PutResponse;
import io.tokamak.proto.v1.PutSpec;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;

/** Takes 2.2 GiB of memory twice, and some seconds. */
@DisplayName("Objects above 2 GiB")
@EnabledIf(value = "hasMemory", disabledReason = "it needs 6 GiB of memory that nobody uses")
@Timeout(900)
class LargeObjectTest {
    private static final long SIZE = (2L << 30) + (200 << 20) + 5;
    private static final int PART = 128 << 10;

    private static final ObjectInfo INFO =
            ObjectInfo.newBuilder()
                    .setId(ObjectId.anonymous(1, 2, 3).toString())
                    .setIncarnation(7)
                    .setSizeBytes(SIZE)
                    .build();

    private static final ObjectRef OBJECT = ObjectRef.newBuilder().setId(INFO.getId()).build();

    static boolean hasMemory() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/meminfo"))) {
            return lines.filter(line -> line.startsWith("MemAvailable:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                    .anyMatch(bytes -> bytes >= 6L << 30);
        }
    }

    /** Every part of it differs from the one before. */
    private static ByteString part(long at) {
        byte[] part = new byte[(int) Math.min(PART, SIZE - at)];
        MemorySegment.ofArray(part).fill((byte) (at / PART));
        return UnsafeByteOperations.unsafeWrap(part);
    }

    /** Sends from there to there as fast as it is taken, and then ends or breaks. */
    private static void send(long from, long to, ServerCallStreamObserver<GetResponse> answers) {
        long[] at = {from};
        boolean[] ended = {false};
        answers.setOnReadyHandler(
                () -> {
                    while (answers.isReady() && at[0] < to) {
                        GetResponse.Builder answer = GetResponse.newBuilder().setData(part(at[0]));
                        if (at[0] == from) {
                            answer.setObject(INFO);
                        }
                        at[0] += answer.getData().size();
                        answers.onNext(answer.build());
                    }
                    if (at[0] >= to && !ended[0]) {
                        ended[0] = true;
                        if (to < SIZE) {
                            answers.onError(ScriptedGateway.away());
                        } else {
                            answers.onCompleted();
                        }
                    }
                });
    }

    @Test
    @DisplayName("come whole, also when the stream breaks behind the second GiB")
    void get() {
        long middle = (2L << 30) + PART;
        Block block = Block.allocate(SIZE);
        try (ScriptedGateway server = ScriptedGateway.start();
                Gateway gateway =
                        new Gateway(server.address(), null, "test", Duration.ofSeconds(30))) {
            server.gets.add(
                    (_, answers) ->
                            send(0, middle, (ServerCallStreamObserver<GetResponse>) answers));
            server.gets.add(
                    (request, answers) ->
                            send(
                                    request.getOffsetBytes(),
                                    SIZE,
                                    (ServerCallStreamObserver<GetResponse>) answers));
            MemorySegment place = block.memory().segment();
            gateway.get(OBJECT, Deadline.NONE, _ -> place);
            assertThat(server.getRequests.get(1).getOffsetBytes()).isEqualTo(middle);
            for (long at = 0; at < SIZE; at += PART) {
                assertThat(place.get(ValueLayout.JAVA_BYTE, at)).isEqualTo((byte) (at / PART));
            }
            assertThat(place.get(ValueLayout.JAVA_BYTE, SIZE - 1))
                    .isEqualTo((byte) ((SIZE - 1) / PART));
        } finally {
            block.free();
        }
    }

    @Test
    @DisplayName("go whole, from where they lie")
    void put() throws IOException {
        Path file = Files.createTempFile("large", ".bin");
        try (Arena arena = Arena.ofConfined();
                FileChannel channel =
                        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
                ScriptedGateway server = ScriptedGateway.start();
                Gateway gateway =
                        new Gateway(server.address(), null, "test", Duration.ofSeconds(30))) {
            MemorySegment payload = channel.map(FileChannel.MapMode.READ_WRITE, 0, SIZE, arena);
            long[] received = new long[1];
            server.puts.add(
                    (bytes, answers) -> {
                        received[0] = bytes;
                        answers.onNext(PutResponse.newBuilder().setObject(INFO).build());
                        answers.onCompleted();
                    });
            gateway.put(
                    PutSpec.getDefaultInstance(),
                    payload,
                    Deadline.after(Duration.ofSeconds(30)),
                    Duration.ZERO);
            assertThat(received[0]).isEqualTo(SIZE);
        } finally {
            Files.delete(file);
        }
    }
}
