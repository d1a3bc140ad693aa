package io.tokamak.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("Classes of Java 5")
class OldClassesTest {
    private static final byte[] MANIFEST = "Manifest-Version: 1.0\r\n\r\n".getBytes(UTF_8);

    @TempDir private Path folder;
    private Path jar;

    @BeforeEach
    void jar() {
        jar = folder.resolve("some.jar");
    }

    /** A class whose method {@code larger(int, int)} branches, and so needs stack maps. */
    private static byte[] compiled(String name, int version) {
        return ClassFile.of(
                        version < ClassFile.JAVA_7_VERSION
                                ? ClassFile.StackMapsOption.DROP_STACK_MAPS
                                : ClassFile.StackMapsOption.GENERATE_STACK_MAPS)
                .build(
                        ClassDesc.of(name),
                        built ->
                                built.withVersion(version, 0)
                                        .withMethodBody(
                                                "larger",
                                                MethodTypeDesc.of(
                                                        ConstantDescs.CD_int,
                                                        ConstantDescs.CD_int,
                                                        ConstantDescs.CD_int),
                                                ClassFile.ACC_PUBLIC | ClassFile.ACC_STATIC,
                                                OldClassesTest::larger));
    }

    private static void larger(CodeBuilder code) {
        Label second = code.newLabel();
        code.iload(0)
                .iload(1)
                .if_icmplt(second)
                .iload(0)
                .ireturn()
                .labelBinding(second)
                .iload(1)
                .ireturn();
    }

    private void write(Map<String, byte[]> entries) throws IOException {
        OutputStream file = Files.newOutputStream(jar);
        try (ZipOutputStream out = new ZipOutputStream(file)) {
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                out.putNextEntry(new ZipEntry(entry.getKey()));
                out.write(entry.getValue());
                out.closeEntry();
            }
        }
    }

    private byte[] entry(String name) throws IOException {
        try (ZipFile file = new ZipFile(jar.toFile())) {
            return file.getInputStream(file.getEntry(name)).readAllBytes();
        }
    }

    private static int version(byte[] compiled) {
        return ClassFile.of().parse(compiled).majorVersion();
    }

    @Test
    @DisplayName("are raised to a version that is kept, verify, and do what they did")
    void raised() throws Exception {
        byte[] newer = compiled("b.Newer", ClassFile.JAVA_8_VERSION);
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("META-INF/MANIFEST.MF", MANIFEST);
        entries.put("a/Old.class", compiled("a.Old", ClassFile.JAVA_5_VERSION));
        entries.put("b/Newer.class", newer);
        write(entries);

        OldClasses.raise(folder);

        assertThat(version(entry("a/Old.class"))).isEqualTo(ClassFile.JAVA_7_VERSION);
        assertThat(entry("b/Newer.class")).isEqualTo(newer);
        assertThat(entry("META-INF/MANIFEST.MF")).isEqualTo(MANIFEST);
        try (URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, null)) {
            Object larger =
                    loader.loadClass("a.Old")
                            .getMethod("larger", int.class, int.class)
                            .invoke(null, 3, 5);
            assertThat(larger).isEqualTo(5);
        }
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(jar);
        }
    }

    @Test
    @DisplayName("are not looked for again in a jar that has none: it stays as it is")
    void untouched() throws Exception {
        write(Map.of("b/Newer.class", compiled("b.Newer", ClassFile.JAVA_8_VERSION)));
        byte[] before = Files.readAllBytes(jar);
        OldClasses.raise(folder);
        assertThat(Files.readAllBytes(jar)).isEqualTo(before);
    }
}
