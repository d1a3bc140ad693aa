package io.tokamak.benchmarks;

import io.tokamak.client.ObjectWriter;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.ObjectId;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Seals objects that {@link WaitTask} in another process waits for, the time of the commit in them;
 * alternately sends the time over a Unix socket, which is the floor.
 */
final class WakeTask implements Task {
    /** After the other side said that it is about to sleep: it sleeps by then. */
    private static final long ASLEEP_MILLIS = 2;

    @Override
    public Map<String, Double> run(Arguments arguments) throws Exception {
        int times = arguments.count("times");
        try (TokamakClient client = Worker.connect("bench-wake");
                ServerSocketChannel server =
                        ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(Path.of(arguments.text("socket"))));
            System.out.println("ready");
            try (SocketChannel peer = server.accept()) {
                for (int i = 0; i < times; i++) {
                    wake(client, peer);
                    send(peer, ByteBuffer.wrap(new byte[16]));
                    receive(peer, 1);
                    TimeUnit.MILLISECONDS.sleep(ASLEEP_MILLIS);
                    ByteBuffer time = ByteBuffer.allocate(16);
                    send(peer, time.putLong(0, System.nanoTime()));
                }
                receive(peer, 1);
            }
            return Map.of("count", (double) times);
        }
    }

    private static void wake(TokamakClient client, SocketChannel peer)
            throws IOException, InterruptedException {
        try (ObjectWriter writer = client.create(8, PutOptions.DEFAULTS)) {
            ObjectId id = writer.id();
            send(peer, ByteBuffer.wrap(id.toBytes()));
            receive(peer, 1);
            TimeUnit.MILLISECONDS.sleep(ASLEEP_MILLIS);
            writer.segment().set(Payloads.LONG, 0, System.nanoTime());
            writer.seal();
        }
    }

    static void send(WritableByteChannel peer, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            peer.write(bytes);
        }
    }

    static ByteBuffer receive(ReadableByteChannel peer, int size) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(size);
        while (bytes.hasRemaining()) {
            if (peer.read(bytes) < 0) {
                throw new IOException("the other process is gone");
            }
        }
        return bytes.flip();
    }
}
