package io.tokamak.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Many connections that ask for large objects and then read a little now and then; or, without a
 * path, that ask for nothing.
 */
final class SlowReadersTask implements Task {
    private static final int RECEIVE_BUFFER_BYTES = 64 << 10;
    private static final int SIP_BYTES = 4 << 10;
    private static final long PAUSE_MILLIS = 100;

    private volatile boolean isOver;
    private long received;

    @Override
    public Map<String, Double> run(Arguments arguments) throws Exception {
        List<SocketChannel> readers = new ArrayList<>();
        String[] paths =
                arguments.text("paths").isEmpty()
                        ? new String[0]
                        : arguments.text("paths").split(",", -1);
        for (int i = 0; i < arguments.count("readers"); i++) {
            SocketChannel reader = SocketChannel.open();
            reader.setOption(StandardSocketOptions.SO_RCVBUF, RECEIVE_BUFFER_BYTES);
            reader.connect(
                    new InetSocketAddress(
                            InetAddress.getLoopbackAddress(), arguments.count("port")));
            readers.add(reader);
            if (paths.length > 0) {
                ask(reader, paths[i % paths.length]);
                received += sip(reader); // blocks: this one is being answered
            }
            reader.configureBlocking(false);
        }
        Thread reading = Thread.ofPlatform().start(() -> readSlowly(readers));
        arguments.awaitGo();
        isOver = true;
        reading.join();
        for (SocketChannel reader : readers) {
            reader.close();
        }
        return Map.of("count", (double) readers.size(), "received", (double) received);
    }

    private static void ask(SocketChannel reader, String path) throws IOException {
        WakeTask.send(
                reader,
                ByteBuffer.wrap(
                        "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
                                .formatted(path)
                                .getBytes(StandardCharsets.US_ASCII)));
    }

    private void readSlowly(List<SocketChannel> readers) {
        try {
            while (!isOver) {
                for (SocketChannel reader : readers) {
                    received += sip(reader);
                }
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static int sip(SocketChannel reader) throws IOException {
        int count = reader.read(ByteBuffer.allocate(SIP_BYTES));
        if (count < 0) {
            throw new IOException("the server ended a connection");
        }
        return count;
    }
}
