package io.tokamak.node.objects;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/**
 * What clients need of this JVM's class path, as jars alone. With those they share an archive of
 * their classes, which the first to end by itself leaves for the rest: with it a client starts in
 * half of the time.
 */
final class ClientClasses {
    private static final Path FOLDER = makeFolder();
    private static final String PATH = jars();

    private ClientClasses() {}

    static List<String> options() {
        Path archive = FOLDER.resolve("classes.jsa");
        archive.toFile().deleteOnExit();
        return List.of(
                "-XX:+AutoCreateSharedArchive",
                "-XX:SharedArchiveFile=" + archive,
                "-Xlog:cds=off,cds+dynamic=off");
    }

    static String path() {
        return PATH;
    }

    private static Path makeFolder() {
        try {
            Path folder = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "clients");
            folder.toFile().deleteOnExit();
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String jars() {
        List<String> jars = new ArrayList<>();
        for (String entry : ClientProcess.classPath().split(File.pathSeparator, -1)) {
            Path path = Path.of(entry);
            if (!entry.isEmpty() && Files.isDirectory(path)) {
                jars.add(jar(path, FOLDER.resolve(jars.size() + ".jar")).toString());
            } else if (Files.exists(path)) {
                jars.add(entry);
            }
        }
        return String.join(File.pathSeparator, jars);
    }

    private static Path jar(Path classes, Path jar) {
        jar.toFile().deleteOnExit();
        try (JarOutputStream output = new JarOutputStream(Files.newOutputStream(jar));
                Stream<Path> walk = Files.walk(classes)) {
            for (Path file : walk.filter(Files::isRegularFile).toList()) {
                output.putNextEntry(new JarEntry(classes.relativize(file).toString()));
                Files.copy(file, output);
            }
            return jar;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
