package io.tokamak.gateway.node;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/**
 * A program as it was packaged, started as the launcher does it: its jar and its libraries side by
 * side, with a class archive that the first one to end leaves for the rest. That takes a third of
 * what the jar of jars does.
 */
public final class Program {
    private static final String JAVA =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();
    private static final String JAR = "program.jar";

    private Program() {}

    /**
     * The command that starts it; arguments may follow.
     *
     * @param target where its module was packaged
     */
    public static List<String> command(Path target) throws IOException {
        Path folder = extracted(packaged(target));
        return new ArrayList<>(
                List.of(
                        JAVA,
                        "-Xmx256m",
                        "-XX:TieredStopAtLevel=1",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-XX:+AutoCreateSharedArchive",
                        "-XX:SharedArchiveFile=" + folder.resolve("classes.jsa"),
                        "-Xlog:cds=off,cds+dynamic=off",
                        "-jar",
                        folder.resolve(JAR).toString()));
    }

    /**
     * Below those from which the system takes one for a connection: it stays free until it is used.
     */
    public static int freePort() {
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(12_000, 32_000);
            try (ServerSocket socket =
                    new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException taken) {
                // another one, then
            }
        }
    }

    private static Path packaged(Path target) throws IOException {
        try (Stream<Path> files = Files.list(target)) {
            return files.filter(file -> file.getFileName().toString().endsWith("-app.jar"))
                    .findFirst()
                    .orElseThrow(() -> new IOException("package first: " + target));
        }
    }

    /** Once for each jar. Several may try it at a time. */
    private static Path extracted(Path jar) throws IOException {
        // Its modification time is the same in every build.
        FileTime written = (FileTime) Files.getAttribute(jar, "unix:ctime");
        String name = jar.getFileName() + "." + written.toMillis();
        Path folder = Path.of("target", name).toAbsolutePath();
        if (!Files.exists(folder)) {
            Path made = Files.createTempDirectory(Path.of("target"), "extracted");
            extract(jar, made);
            try {
                Files.move(made, folder, StandardCopyOption.ATOMIC_MOVE);
            } catch (FileSystemException e) {
                delete(made);
                if (!Files.exists(folder)) { // else somebody else was first
                    throw e;
                }
            }
        }
        return folder;
    }

    private static void extract(Path jar, Path folder) throws IOException {
        Process process =
                new ProcessBuilder(
                                JAVA,
                                "-XX:TieredStopAtLevel=1",
                                "-Djarmode=tools",
                                "-jar",
                                jar.toString(),
                                "extract",
                                "--force",
                                "--destination",
                                folder.toString(),
                                "--application-filename",
                                JAR)
                        .redirectErrorStream(true)
                        .redirectOutput(Path.of("target", "extract.log").toFile())
                        .start();
        try {
            if (process.waitFor() != 0) {
                throw new IOException("cannot extract " + jar);
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private static void delete(Path folder) throws IOException {
        List<Path> files;
        try (Stream<Path> walk = Files.walk(folder)) {
            files = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : files) {
            Files.delete(file);
        }
    }
}
