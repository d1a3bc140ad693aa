package io.tokamak.gateway.mapping;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32;

/**
 * A co-located caller: a process that has nothing of ours, but HTTP, open and mmap. It maps an
 * object when it starts and does what its standard input says: {@code read}, {@code renew}, {@code
 * release}, each answered by a line.
 */
final class Mapper implements AutoCloseable {
    private final Process process;
    private final BufferedReader answers;

    /**
     * @param object path of the object
     * @param ttl of the mapping
     */
    Mapper(URI gateway, String object, String ttl) throws IOException {
        process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx64m",
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Mapper.class.getName(),
                                gateway.toString(),
                                object,
                                ttl)
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        answers = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
    }

    /** What it says next: at first, the status of its attempt to map. */
    String answer() throws IOException {
        return String.valueOf(answers.readLine());
    }

    String ask(String command) throws IOException {
        process.getOutputStream().write((command + "\n").getBytes(UTF_8));
        process.getOutputStream().flush();
        return answer();
    }

    void signal(String name) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
        if (kill.waitFor() != 0) {
            throw new IOException("kill -" + name + " failed");
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    static String crc(byte[] bytes) {
        return crc(ByteBuffer.wrap(bytes));
    }

    private static String crc(ByteBuffer bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        return "%08x".formatted(crc.getValue());
    }

    // ---- the process

    public static void main(String[] arguments) throws IOException {
        Http http = new Http(URI.create(arguments[0]));
        Path folder = Path.of(http.get("/v1/nodes/local").field("folder"));
        String nonce = Files.readString(folder.resolve("nonce"));
        Http.Answer mapping =
                http.post(
                        arguments[1] + "/mappings",
                        "{\"nonce\": \"%s\", \"ttl\": \"%s\"}".formatted(nonce, arguments[2]));
        System.out.println(mapping.status());
        if (mapping.status() != 201) {
            return;
        }
        ByteBuffer bytes = map(mapping);
        String path = "/v1/mappings/" + mapping.field("mapping");
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, UTF_8));
        for (String command = commands.readLine(); command != null; command = commands.readLine()) {
            System.out.println(
                    switch (command) {
                        case "read" -> crc(bytes.duplicate());
                        case "renew" -> http.post(path + ":renew", "").status();
                        case "release" -> http.delete(path).status();
                        default -> "what is " + command + "?";
                    });
        }
    }

    private static ByteBuffer map(Http.Answer mapping) throws IOException {
        Path file = Path.of(mapping.field("folder"), mapping.field("file"));
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return channel.map(
                    FileChannel.MapMode.READ_ONLY,
                    mapping.json().path("offset").asLong(),
                    mapping.json().path("length").asLong());
        }
    }
}
