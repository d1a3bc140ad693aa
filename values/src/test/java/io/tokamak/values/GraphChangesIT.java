package io.tokamak.values;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tokamak.client.PutOptions;
import io.tokamak.client.Stored;
import io.tokamak.values.TestStore.Route;
import io.tokamak.values.graph.GraphCodec;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("Graphs of classes that have changed since, by a real node")
class GraphChangesIT implements WithStore {
    private final Clients clients;
    @TempDir private Path before;
    @TempDir private Path after;

    GraphChangesIT(Clients clients) {
        this.clients = clients;
    }

    private Values of(GraphCodec codec) {
        return Values.builder(clients.client(Route.CO_LOCATED)).codec(codec).build();
    }

    private Values of(Class<?>... classes) {
        return of(GraphCodec.of(classes));
    }

    private static GraphCodec open() {
        return GraphCodec.builder().allowAnyClass().build();
    }

    /** The class other.Item as one version of a program has it. */
    private static Class<?> version(Path folder, String declaration) throws Exception {
        Path source = folder.resolve("Item.java");
        Files.writeString(source, "package other; public " + declaration);
        int status =
                ToolProvider.getSystemJavaCompiler()
                        .run(null, null, null, "-d", folder.toString(), source.toString());
        assertThat(status).isZero();
        return Class.forName(
                "other.Item",
                true,
                new URLClassLoader(
                        new URL[] {folder.toUri().toURL()}, GraphChangesIT.class.getClassLoader()));
    }

    @Test
    void fieldsMayBeAddedRemovedAndReordered() throws Exception {
        Class<?> old =
                version(
                        before,
                        "class Item { public int count; public String name; public long gone; }");
        Class<?> now =
                version(
                        after,
                        "class Item { public String name; public String added; public int count;"
                                + " }");
        Object item = old.getConstructor().newInstance();
        old.getField("count").set(item, 7);
        old.getField("name").set(item, "ž");
        Stored stored = of(old).put(List.of(item));
        Object changed = of(now).get(stored.id(), List.class).getFirst();
        assertThat(changed).isInstanceOf(now);
        assertThat(now.getField("count").get(changed)).isEqualTo(7);
        assertThat(now.getField("name").get(changed)).isEqualTo("ž");
        assertThat(now.getField("added").get(changed)).isNull();
    }

    @Test
    void componentsOfRecordsLikewise() throws Exception {
        Class<?> old = version(before, "record Item(int count, String name, long gone) {}");
        Class<?> now = version(after, "record Item(String name, Integer added, int count) {}");
        Object item =
                old.getConstructor(int.class, String.class, long.class).newInstance(7, "ž", 1L);
        Stored stored = of(old).put(List.of(item));
        assertThat(of(now).get(stored.id(), List.class).getFirst())
                .isInstanceOf(now)
                .hasToString("Item[name=ž, added=null, count=7]");
    }

    @Test
    void constantsOfAnEnumAreKnownByTheirNames() throws Exception {
        Class<?> old = version(before, "enum Item { RED, GREEN, BLUE }");
        Class<?> now = version(after, "enum Item { BLUE, WHITE, RED }");
        Object[] constants = old.getEnumConstants();
        Stored kept = of(old).put(Map.of(constants[0], List.of(constants[2])));
        assertThat((Object) of(now).get(kept.id(), Map.class)).hasToString("{RED=[BLUE]}");
        Stored gone = of(old).put(List.of(constants[1]));
        assertThatThrownBy(() -> of(now).get(gone.id(), List.class))
                .isInstanceOf(DecodeException.class)
                .hasMessageContaining("GREEN not in [BLUE, WHITE, RED]");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "String a = \"x\"                 | int a                | Item.a",
                "long a = 1L << 40                 | int a                | Item.a",
                "double[] a = {1}                 | float[] a            | Item.a",
                "Object a = \"x\"                 | Integer a            | String cannot be cast",
                "Object a = java.util.List.of()   | java.util.Set<?> a   | cannot be cast",
            })
    void aFieldOfAnotherTypeIsAnErrorThatSaysWhich(String old, String now, String said)
            throws Exception {
        Class<?> first = version(before, "class Item { public " + old + "; }");
        Class<?> second = version(after, "class Item { public " + now + "; }");
        Stored stored = of(first).put(List.of(first.getConstructor().newInstance()));
        Values reader = of(second);
        assertThatThrownBy(() -> reader.get(stored.id(), List.class))
                .isInstanceOf(DecodeException.class)
                .hasMessageContaining(said)
                .hasMessageContaining("if a class has changed");
    }

    @Test
    void aClassThatTheReaderDoesNotHaveIsNamed() throws Exception {
        Class<?> theirs = version(before, "class Item { public int count; }");
        Object item = theirs.getConstructor().newInstance();
        for (Stored stored :
                List.of(of(theirs).put(List.of(1, item)), of(open()).put(Map.of("k", item)))) {
            assertThatThrownBy(() -> of().get(stored.id(), Object.class))
                    .isInstanceOf(DecodeException.class)
                    .hasMessageContaining("other.Item")
                    .hasMessageContaining("register");
            assertThatThrownBy(() -> of(open()).get(stored.id(), Object.class))
                    .isInstanceOf(DecodeException.class)
                    .hasMessageContaining("other.Item")
                    .hasMessageContaining("class path");
        }
    }

    private Stored golden(Values values, String file) throws IOException {
        try (InputStream bytes =
                Objects.requireNonNull(GraphChangesIT.class.getResourceAsStream(file))) {
            return values.put(
                    bytes.readAllBytes(), PutOptions.DEFAULTS.withMediaType(MediaTypes.FORY));
        }
    }

    @Test
    void whatEarlierVersionsStoredIsRead() throws Exception {
        Values values = of(GraphIT.CLASSES);
        GraphIT.Order order =
                new GraphIT.Order(
                        "ž",
                        List.of(
                                new GraphIT.Line("a", 1, Instant.EPOCH),
                                new GraphIT.Line("b", -2, List.of(0.5, "x"))),
                        Map.of("sky", GraphIT.Color.GREEN));
        for (String file : List.of("order.fory", "order-02.fory")) {
            assertThat(values.get(golden(values, file).id(), Object.class)).isEqualTo(order);
        }
        GraphIT.Weights weights =
                values.get(golden(values, "weights-02.fory").id(), GraphIT.Weights.class);
        double[] numbers = weights.array;
        assertThat(numbers).hasSize(100).endsWith(98.5, 99.5);
        assertThat(weights.tensor.toDoubleArray()).isEqualTo(numbers);
        assertThat(weights.buffer).isEqualTo(ByteBuffer.allocate(300).put(299, (byte) 7));
    }
}
