package io.tokamak.benchmarks;

import io.tokamak.client.ObjectView;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectId;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Waits for what {@link WakeTask} seals. Both read the same monotonic clock: System.nanoTime of two
 * processes can be compared on Linux.
 */
final class WaitTask implements Task {
    @Override
    public Map<String, Double> run(Arguments arguments) throws Exception {
        int times = arguments.count("times");
        int warm = times / 3;
        long[] waits = new long[times - warm];
        long[] sockets = new long[times - warm];
        try (TokamakClient client = Worker.connect("bench-wait");
                SocketChannel peer = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            peer.connect(UnixDomainSocketAddress.of(Path.of(arguments.text("socket"))));
            for (int i = 0; i < times; i++) {
                long wait = await(client, peer);
                long socket = message(peer);
                if (i >= warm) {
                    waits[i - warm] = wait;
                    sockets[i - warm] = socket;
                }
            }
            WakeTask.send(peer, ByteBuffer.wrap(new byte[1]));
        }
        return Map.of(
                "p50", Spread.quantile(waits, 0.5) / 1e3,
                "p99", Spread.quantile(waits, 0.99) / 1e3,
                "socket-p50", Spread.quantile(sockets, 0.5) / 1e3,
                "socket-p99", Spread.quantile(sockets, 0.99) / 1e3,
                "count", (double) times);
    }

    private static long await(TokamakClient client, SocketChannel peer) throws Exception {
        ObjectId id = ObjectId.ofBytes(WakeTask.receive(peer, 16).array(), 0);
        WakeTask.send(peer, ByteBuffer.wrap(new byte[1]));
        Deadline deadline = Deadline.after(Duration.ofSeconds(10));
        if (client.await(List.of(id), 1, deadline).ready().size() != 1) {
            throw new IllegalStateException("the object did not come");
        }
        long woken = System.nanoTime();
        try (ObjectView view = client.get(id, deadline)) {
            return woken - view.getLong(0);
        }
    }

    private static long message(SocketChannel peer) throws Exception {
        WakeTask.receive(peer, 16);
        WakeTask.send(peer, ByteBuffer.wrap(new byte[1]));
        long sent = WakeTask.receive(peer, 16).getLong(0);
        return System.nanoTime() - sent;
    }
}
