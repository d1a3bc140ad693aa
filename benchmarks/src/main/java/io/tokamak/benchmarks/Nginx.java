package io.tokamak.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * An nginx of the driver's own: files of a folder on tmpfs by sendfile, uploads by its dav module.
 * One process serves one connection, as its workers do, and leaves none behind when it is killed.
 */
final class Nginx implements AutoCloseable {
    private static final long READY_SECONDS_MAX = 10;

    private final Process process;
    private final int port;

    private Nginx(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /**
     * @param workspace on tmpfs
     */
    static Nginx start(Path program, Path workspace) throws IOException, InterruptedException {
        Path home = Files.createDirectories(workspace.resolve("nginx"));
        Files.createDirectories(home.resolve("files"));
        int port = Service.freePort();
        Path settings = home.resolve("nginx.conf");
        Files.writeString(settings, settings(port));
        Process process =
                Child.register(
                        new ProcessBuilder(
                                        List.of(
                                                program.toString(),
                                                "-p",
                                                home.toString(),
                                                "-c",
                                                settings.toString(),
                                                "-e",
                                                "error.log"))
                                .redirectErrorStream(true)
                                .redirectOutput(home.resolve("output.log").toFile())
                                .start());
        long begin = System.nanoTime();
        while (Service.status("GET", "http://127.0.0.1:" + port + "/") == 0) {
            if (!process.isAlive()
                    || System.nanoTime() - begin > TimeUnit.SECONDS.toNanos(READY_SECONDS_MAX)) {
                process.destroy();
                throw new IllegalStateException(
                        "nginx did not start: "
                                + Files.readString(home.resolve("output.log")).strip());
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
        return new Nginx(process, port);
    }

    private static String settings(int port) {
        return """
        daemon off;
        master_process off;
        pid nginx.pid;
        error_log error.log;
        events { worker_connections 512; }
        http {
          access_log off;
          sendfile on;
          tcp_nopush on;
          client_max_body_size 0;
          client_body_buffer_size 1m;
          client_body_temp_path body;
          proxy_temp_path proxy;
          fastcgi_temp_path fastcgi;
          uwsgi_temp_path uwsgi;
          scgi_temp_path scgi;
          server {
            listen 127.0.0.1:%d;
            root files;
            dav_methods PUT DELETE;
          }
        }
        """
                .formatted(port);
    }

    int port() {
        return port;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
