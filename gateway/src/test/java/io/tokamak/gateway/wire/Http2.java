package io.tokamak.gateway.wire;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** HTTP/2 by hand (RFC 9113), as well or as badly as a test wants it. */
public final class Http2 implements AutoCloseable {
    public static final int DATA = 0;
    public static final int HEADERS = 1;
    public static final int RST_STREAM = 3;
    public static final int SETTINGS = 4;
    public static final int PING = 6;
    public static final int GOAWAY = 7;
    public static final int WINDOW_UPDATE = 8;
    public static final int CONTINUATION = 9;
    public static final int END_STREAM = 1;
    public static final int END_HEADERS = 4;

    private static final int FRAME_BYTES_MAX = 16 << 10;
    private static final int PATIENCE_MILLIS = 60_000;
    private static final int WINDOW_MAX = Integer.MAX_VALUE;
    private static final int WINDOW_DEFAULT = 65_535;
    private static final int SETTINGS_INITIAL_WINDOW_SIZE = 4;

    private final Socket socket = new Socket();
    private final DataInputStream in;

    /** A frame as it came. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Frame(int type, int flags, int stream, byte[] payload) {}

    public Http2(int port, int receiveBufferBytes) throws IOException {
        socket.setReceiveBufferSize(receiveBufferBytes);
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.setTcpNoDelay(true);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        in = new DataInputStream(socket.getInputStream());
    }

    public Http2(int port) throws IOException {
        this(port, 64 << 10);
    }

    public int localPort() {
        return socket.getLocalPort();
    }

    public void write(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    /** The preface, and windows that never stop the other side. */
    public Http2 greet() throws IOException {
        return greet(WINDOW_MAX);
    }

    /**
     * The preface.
     *
     * @param window bytes that the other side may send in each stream
     */
    public Http2 greet(int window) throws IOException {
        write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII));
        frame(
                SETTINGS,
                0,
                0,
                ByteBuffer.allocate(6)
                        .putShort((short) SETTINGS_INITIAL_WINDOW_SIZE)
                        .putInt(window)
                        .array());
        allow(0, WINDOW_MAX - WINDOW_DEFAULT);
        return this;
    }

    /**
     * Lets the other side send more.
     *
     * @param stream 0: in all streams together
     */
    public void allow(int stream, int bytes) throws IOException {
        frame(WINDOW_UPDATE, 0, stream, ByteBuffer.allocate(4).putInt(bytes).array());
    }

    public void frame(int type, int flags, int stream, byte[] payload) throws IOException {
        write(
                ByteBuffer.allocate(9 + payload.length)
                        .put((byte) (payload.length >> 16))
                        .putShort((short) payload.length)
                        .put((byte) type)
                        .put((byte) flags)
                        .putInt(stream)
                        .put(payload)
                        .array());
    }

    /** Begins a call. */
    public void call(int stream, String path) throws IOException {
        frame(HEADERS, END_HEADERS, stream, headers(path, Map.of()));
    }

    /** Asks for what lies there. */
    public void get(int stream, String path) throws IOException {
        request(stream, "GET", path, Map.of());
    }

    /** Sends a request without a body, its head in as many frames as that takes. */
    public void request(int stream, String method, String path, Map<String, String> more)
            throws IOException {
        byte[] block = block(method, path, more);
        int type = HEADERS;
        for (int at = 0; at < block.length; at += FRAME_BYTES_MAX) {
            int end = Math.min(block.length, at + FRAME_BYTES_MAX);
            int flags =
                    (type == HEADERS ? END_STREAM : 0) | (end == block.length ? END_HEADERS : 0);
            frame(type, flags, stream, Arrays.copyOfRange(block, at, end));
            type = CONTINUATION;
        }
    }

    public static byte[] headers(String path, Map<String, String> more) {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("content-type", "application/grpc");
        all.put("te", "trailers");
        all.putAll(more);
        return block("POST", path, all);
    }

    private static byte[] block(String method, String path, Map<String, String> more) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        literal(block, ":method", method);
        literal(block, ":scheme", "http");
        literal(block, ":path", path);
        literal(block, ":authority", "localhost");
        more.forEach((name, value) -> literal(block, name, value));
        return block.toByteArray();
    }

    /** RFC 7541, 6.2.2: without indexing, a new name. A byte for each character. */
    private static void literal(ByteArrayOutputStream block, String name, String value) {
        block.write(0);
        text(block, name);
        text(block, value);
    }

    private static void text(ByteArrayOutputStream block, String text) {
        int length = text.length();
        if (length < 127) {
            block.write(length);
        } else {
            block.write(127);
            for (length -= 127; length >= 128; length /= 128) {
                block.write(length % 128 + 128);
            }
            block.write(length);
        }
        block.writeBytes(text.getBytes(ISO_8859_1));
    }

    /** Sends a message of gRPC. */
    public void message(int stream, int flags, byte[] message) throws IOException {
        data(
                stream,
                flags,
                ByteBuffer.allocate(5 + message.length)
                        .put((byte) 0)
                        .putInt(message.length)
                        .put(message)
                        .array());
    }

    public void data(int stream, int flags, byte[] bytes) throws IOException {
        for (int at = 0; at < bytes.length; at += FRAME_BYTES_MAX) {
            int length = Math.min(FRAME_BYTES_MAX, bytes.length - at);
            byte[] payload = Arrays.copyOfRange(bytes, at, at + length);
            frame(DATA, at + length == bytes.length ? flags : 0, stream, payload);
        }
    }

    /**
     * The next frame.
     *
     * @throws IOException when the connection has ended
     */
    public Frame read() throws IOException {
        int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
        int type = in.readUnsignedByte();
        int flags = in.readUnsignedByte();
        int stream = in.readInt();
        byte[] payload = in.readNBytes(length);
        return new Frame(type, flags, stream, payload);
    }

    /** The next frame of that type; others are passed over. */
    public Frame read(int type) throws IOException {
        Frame frame = read();
        while (frame.type() != type) {
            frame = read();
        }
        return frame;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
