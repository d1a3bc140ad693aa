package io.tokamak.harness;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/**
 * A service as it was packaged, started as the launcher does it: its jar with its libraries beside
 * it, with an archive of classes that the first one to end leaves for the rest.
 */
public enum Program {
    NODE("store-service"),
    GATEWAY("gateway");

    private final String module;

    Program(String module) {
        this.module = module;
    }

    /** The command that starts it; arguments may follow. */
    public List<String> command() throws IOException {
        Path target = root().resolve(module).resolve("target");
        return new ArrayList<>(
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:TieredStopAtLevel=1",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-Dspring.aot.enabled=true",
                        "-XX:+AutoCreateSharedArchive",
                        "-XX:SharedArchiveFile=" + target.resolve("classes.jsa"),
                        "-Xlog:cds=off,cds+dynamic=off",
                        "-jar",
                        jar(target).toString()));
    }

    private Path jar(Path target) throws IOException {
        try (Stream<Path> files = Files.list(target)) {
            return files.filter(file -> file.getFileName().toString().matches("tokamak-.*\\.jar"))
                    .findFirst()
                    .orElseThrow(
                            () ->
                                    new IOException(
                                            module
                                                    + " is not packaged: mvn -q -pl "
                                                    + module
                                                    + " -am -DskipTests package"));
        }
    }

    /** Tests run in the folder of their module. */
    private static Path root() throws IOException {
        for (Path folder = Path.of("").toAbsolutePath();
                folder != null;
                folder = folder.getParent()) {
            if (Files.isRegularFile(folder.resolve("tokamak"))) {
                return folder;
            }
        }
        throw new IOException("not below the project's folder: " + Path.of("").toAbsolutePath());
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
}
