package io.tokamak.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * Raises the version of classes that were compiled for Java 5, in the jars of a staged program: the
 * JVM keeps none of those in its AOT cache (JDK 25 leaves out what has no stack maps), and picocli
 * is all of them, which made half of a command's time.
 */
final class OldClasses {
    /** The first version whose classes must have stack maps. */
    private static final int STACK_MAPS_VERSION = ClassFile.JAVA_7_VERSION;

    private OldClasses() {}

    /**
     * @param folders of jars that make up a program each
     */
    static void main(String[] folders) throws IOException {
        for (String folder : folders) {
            raise(Path.of(folder));
        }
    }

    /** Raises the old classes of all jars in a folder, which see each other. */
    static void raise(Path folder) throws IOException {
        List<Path> jars;
        try (Stream<Path> files = Files.list(folder)) {
            jars = files.filter(file -> file.toString().endsWith(".jar")).sorted().toList();
        }
        URL[] urls = jars.stream().map(OldClasses::url).toArray(URL[]::new);
        try (URLClassLoader all = new URLClassLoader(urls)) {
            ClassFile classes =
                    ClassFile.of(
                            StackMapsOption.GENERATE_STACK_MAPS,
                            ClassHierarchyResolverOption.of(
                                    ClassHierarchyResolver.ofResourceParsing(all).cached()));
            for (Path jar : jars) {
                raise(jar, classes);
            }
        }
    }

    private static URL url(Path jar) {
        try {
            return jar.toUri().toURL();
        } catch (MalformedURLException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void raise(Path jar, ClassFile classes) throws IOException {
        Path raised = Files.createTempFile(jar.getParent(), "raised", ".part");
        boolean isAnyOld = false;
        try {
            try (ZipInputStream in = new ZipInputStream(Files.newInputStream(jar))) {
                OutputStream file = Files.newOutputStream(raised);
                try (ZipOutputStream out = new ZipOutputStream(file)) {
                    for (ZipEntry entry = in.getNextEntry();
                            entry != null;
                            entry = in.getNextEntry()) {
                        byte[] bytes = in.readAllBytes();
                        byte[] after =
                                entry.getName().endsWith(".class") ? raise(bytes, classes) : bytes;
                        isAnyOld |= !Arrays.equals(after, bytes);
                        out.putNextEntry(new ZipEntry(entry.getName()));
                        out.write(after);
                        out.closeEntry();
                    }
                }
            }
            if (isAnyOld) {
                Files.move(raised, jar, StandardCopyOption.REPLACE_EXISTING);
            }
        } finally {
            Files.deleteIfExists(raised);
        }
    }

    /** The same bytes when the class is new enough. */
    private static byte[] raise(byte[] bytes, ClassFile classes) {
        ClassModel model = classes.parse(bytes);
        if (model.majorVersion() >= STACK_MAPS_VERSION) {
            return bytes;
        }
        ClassTransform version =
                (builder, element) -> {
                    if (element instanceof ClassFileVersion) {
                        builder.withVersion(STACK_MAPS_VERSION, 0);
                    } else {
                        builder.with(element);
                    }
                };
        // Each body is written anew: what is copied whole gets no stack maps.
        ClassTransform bodies = ClassTransform.transformingMethodBodies(CodeBuilder::with);
        return classes.transformClass(model, version.andThen(bodies));
    }
}
