package io.tokamak.benchmarks;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;

/** Transfers an object over HTTP: the same client for every server, with nothing in the way. */
final class HttpTask implements Task {
    private static final int BUFFER_BYTES = 1 << 20;

    @Override
    public Map<String, Double> run(Arguments arguments) throws Exception {
        int port = arguments.count("port");
        long size = arguments.number("size");
        String method = arguments.text("method");
        String path = arguments.text("path");
        ByteBuffer part = ByteBuffer.allocateDirect(BUFFER_BYTES);
        Payloads.fill(MemorySegment.ofBuffer(part), 3); // each part adds up to SUM
        try (SocketChannel server =
                SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))) {
            double putSeconds = Double.MAX_VALUE;
            double getSeconds = Double.MAX_VALUE;
            int times = arguments.count("times");
            for (int i = 0; i <= times; i++) { // the first warms
                long begin = System.nanoTime();
                String location = put(server, method, path, part.duplicate(), size);
                double put = (System.nanoTime() - begin) / 1e9;
                String address = location.isEmpty() ? path : location;
                begin = System.nanoTime();
                get(server, address, size);
                double get = (System.nanoTime() - begin) / 1e9;
                if (!location.isEmpty()) {
                    delete(server, address);
                }
                if (i > 0 || times == 0) {
                    putSeconds = Math.min(putSeconds, put);
                    getSeconds = Math.min(getSeconds, get);
                }
            }
            return Map.of(
                    "put", size / putSeconds / 1e9,
                    "get", size / getSeconds / 1e9,
                    "count", (double) times);
        }
    }

    /** Returns the path of the new object, empty when the server names none. */
    private static String put(
            SocketChannel server, String method, String path, ByteBuffer part, long size)
            throws IOException {
        request(server, method, path, size);
        for (long left = size; left > 0; ) {
            part.clear().limit((int) Math.min(left, BUFFER_BYTES));
            left -= part.remaining();
            WakeTask.send(server, part);
        }
        String head = head(server, "201");
        String location = header(head, "location");
        int scheme = location.indexOf("://");
        return scheme < 0 ? location : location.substring(location.indexOf('/', scheme + 3));
    }

    private static void get(SocketChannel server, String path, long size) throws IOException {
        request(server, "GET", path, 0);
        String head = head(server, "200");
        long announced = Long.parseLong(header(head, "content-length"));
        if (announced != size) {
            throw new IOException("expected %d bytes, got %d".formatted(size, announced));
        }
        ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
        long sum = 0;
        for (long left = size; left > 0; ) {
            buffer.clear().limit((int) Math.min(left, BUFFER_BYTES));
            while (buffer.hasRemaining()) {
                if (server.read(buffer) < 0) {
                    throw new IOException("the server ended the answer early");
                }
            }
            left -= buffer.position();
            sum += Payloads.sum(MemorySegment.ofBuffer(buffer.flip()));
        }
        if (size / BUFFER_BYTES * Payloads.SUM != sum) {
            throw new IOException("received other bytes than were sent");
        }
    }

    private static void delete(SocketChannel server, String path) throws IOException {
        request(server, "DELETE", path, 0);
        String head = head(server, "20");
        String length = header(head, "content-length");
        if (!length.isEmpty()) {
            WakeTask.receive(server, Integer.parseInt(length));
        }
    }

    private static void request(SocketChannel server, String method, String path, long size)
            throws IOException {
        String head =
                "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n"
                        .formatted(method, path, size);
        WakeTask.send(server, ByteBuffer.wrap(head.getBytes(StandardCharsets.US_ASCII)));
    }

    /** Byte by byte, so that nothing of the body is taken. */
    private static String head(SocketChannel server, String status) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.length() < 4 || !head.substring(head.length() - 4).equals("\r\n\r\n")) {
            head.append((char) WakeTask.receive(server, 1).get());
        }
        String text = head.toString();
        if (!text.startsWith("HTTP/1.1 " + status)) {
            throw new IOException("expected " + status + ", got " + text);
        }
        String length = header(text, "content-length");
        if (status.equals("201") && !length.isEmpty()) {
            WakeTask.receive(server, Integer.parseInt(length));
        }
        return text;
    }

    private static String header(String head, String name) {
        return Arrays.stream(head.split("\r\n"))
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name + ":"))
                .map(line -> line.substring(name.length() + 1).strip())
                .findFirst()
                .orElse("");
    }
}
