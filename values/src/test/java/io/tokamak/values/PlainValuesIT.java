package io.tokamak.values;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tokamak.client.ObjectView;
import io.tokamak.client.PutOptions;
import io.tokamak.client.Stored;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.MediaType;
import io.tokamak.objects.ObjectName;
import io.tokamak.values.TestStore.Route;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

@DisplayName("Bytes, text and JSON, by a real node and a real gateway")
class PlainValuesIT implements WithStore {
    private static final PutOptions AS_JSON = PutOptions.DEFAULTS.withMediaType(MediaTypes.JSON);

    private final Clients clients;

    PlainValuesIT(Clients clients) {
        this.clients = clients;
    }

    record Point(int x, List<String> labels) {}

    @ParameterizedTest
    @EnumSource
    void textComesBackAsItWas(Route route) {
        Values values = clients.values(route);
        for (String text : List.of("", "plain", "žlutý kůň 🐎", "a\0b")) {
            Stored stored = values.put(text);
            assertThat(values.get(stored.id(), String.class)).isEqualTo(text);
            assertThat(values.get(stored.id(), Object.class)).isEqualTo(text);
        }
    }

    @ParameterizedTest
    @EnumSource
    void bytesComeBackAsAnyKindOfBytes(Route route) {
        Values values = clients.values(route);
        byte[] bytes = "tokamak".repeat(1_000).getBytes(StandardCharsets.UTF_8);
        for (Object value : List.of(bytes, ByteBuffer.wrap(bytes), MemorySegment.ofArray(bytes))) {
            Stored stored = values.put(value);
            assertThat(values.get(stored.id(), byte[].class)).isEqualTo(bytes);
            ByteBuffer buffer = values.get(stored.id(), ByteBuffer.class);
            assertThat(buffer).isEqualTo(ByteBuffer.wrap(bytes)).matches(ByteBuffer::isReadOnly);
            assertThat(
                            values.get(stored.id(), MemorySegment.class)
                                    .mismatch(MemorySegment.ofArray(bytes)))
                    .isEqualTo(-1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void borrowedBytesLieInTheObjectUntilTheyAreGivenBack(Route route) {
        Values values = clients.values(route);
        Stored stored = values.put(new byte[4_096]);
        MemorySegment segment;
        ByteBuffer buffer;
        try (Borrowed<MemorySegment> first =
                        values.borrow(stored.id(), MemorySegment.class, Deadline.NONE);
                Borrowed<ByteBuffer> second =
                        values.borrow(stored.id(), ByteBuffer.class, Deadline.NONE)) {
            segment = first.value();
            buffer = second.value();
            assertThat(segment.address()).isEqualTo(first.view().segment().address());
            assertThat(segment.isReadOnly()).isTrue();
            assertThat(buffer.get(4_095)).isZero();
        }
        assertThatThrownBy(() -> segment.get(ValueLayout.JAVA_BYTE, 0))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> buffer.get(0)).isInstanceOf(IllegalStateException.class);
    }

    @ParameterizedTest
    @EnumSource
    void jsonIsReadAsTheClassThatTheCallerNames(Route route) {
        Values values = clients.values(route);
        Point point = new Point(7, List.of("a", "ž"));
        Stored stored = values.put(point, AS_JSON);
        assertThat(values.get(stored.id(), Point.class)).isEqualTo(point);
        assertThat((Object) values.get(stored.id(), Map.class))
                .isEqualTo(Map.of("x", 7, "labels", List.of("a", "ž")));
        JsonNode node = JsonNodeFactory.instance.objectNode().put("x", 1.5);
        assertThat(values.get(values.put(node).id(), JsonNode.class)).isEqualTo(node);
    }

    @ParameterizedTest
    @EnumSource
    void namesWaitsAndManyAtOnce(Route route) {
        Values values = clients.values(route);
        ObjectName name = new ObjectName("values", "plain/" + route.name().length());
        values.put("named", PutOptions.named(name));
        assertThat(values.get(name, String.class, Deadline.after(Duration.ofSeconds(10))))
                .isEqualTo("named");
        List<Stored> stored = List.of(values.put("a"), values.put("b"), values.put("c"));
        assertThat(
                        values.getAll(
                                stored.stream().map(Stored::id).toList(),
                                String.class,
                                Deadline.NONE))
                .containsExactly("a", "b", "c");
        try (Borrowed<byte[]> borrowed = values.borrow(name, byte[].class, Deadline.NONE)) {
            throw new AssertionError("text is no bytes, but " + borrowed.value().length);
        } catch (DecodeException expected) {
            assertThat(expected).hasMessageContaining("text/plain");
        }
    }

    @Test
    void bytesInAMediumThatTheyAreAlreadyKeepItsName() {
        Values values = clients.values(Route.CO_LOCATED);
        byte[] json = "{\"x\": 3, \"labels\": []}".getBytes(StandardCharsets.UTF_8);
        Stored stored = values.put(json, AS_JSON);
        assertThat(values.get(stored.id(), Point.class)).isEqualTo(new Point(3, List.of()));
        PutOptions html = PutOptions.DEFAULTS.withMediaType(new MediaType("text/html"));
        Stored page = values.put("<p>", html);
        try (ObjectView view = values.client().get(page.id(), Deadline.NONE)) {
            assertThat(view.metadata().mediaType()).isEqualTo(html.mediaType());
        }
        assertThat(values.get(page.id(), byte[].class)).isEqualTo(new byte[] {'<', 'p', '>'});
        assertThatThrownBy(() -> values.put(new Point(1, List.of()), html))
                .isInstanceOf(InvalidRequest.class)
                .hasMessageContaining("text/html");
    }

    @Test
    void whatIsWrongIsSaid() {
        Values values = clients.values(Route.CO_LOCATED);
        assertThatThrownBy(() -> values.put("\uD800"))
                .isInstanceOf(NotSerializable.class)
                .hasMessageContaining("surrogate");
        PutOptions latin = PutOptions.DEFAULTS.withMediaType(MediaTypes.TEXT);
        Stored broken = values.put(new byte[] {(byte) 0xC3, 'a'}, latin);
        assertThatThrownBy(() -> values.get(broken.id(), String.class))
                .isInstanceOf(DecodeException.class)
                .hasMessageContaining("text/plain")
                .hasMessageContaining("TokamakClient.get");
        Stored half = values.put("{\"x\":".getBytes(StandardCharsets.UTF_8), AS_JSON);
        assertThatThrownBy(() -> values.get(half.id(), JsonNode.class))
                .isInstanceOf(DecodeException.class)
                .hasMessageContaining("application/json");
        Stored letters =
                values.put(
                        "{\"x\": 1, \"labels\": [[]]}".getBytes(StandardCharsets.UTF_8), AS_JSON);
        assertThatThrownBy(() -> values.get(letters.id(), Point.class))
                .isInstanceOf(DecodeException.class)
                .hasMessageContaining(".labels[0]");
        Stored absent = values.put("null".getBytes(StandardCharsets.UTF_8), AS_JSON);
        assertThatThrownBy(() -> values.get(absent.id(), Point.class))
                .isInstanceOf(DecodeException.class);
    }

    @Test
    void aPickleIsNamedAndItsBytesStayReachable() {
        Values values = clients.values(Route.CO_LOCATED);
        byte[] bytes = "TKPICKLE and so on".getBytes(StandardCharsets.UTF_8);
        PutOptions pickle = PutOptions.DEFAULTS.withMediaType(MediaTypes.PICKLE);
        Stored stored = values.put(bytes, pickle);
        assertThat(values.get(stored.id(), byte[].class)).isEqualTo(bytes);
        assertThatThrownBy(() -> values.get(stored.id(), Object.class))
                .isInstanceOf(MediaTypeRefused.class)
                .hasMessageContaining("application/vnd.tokamak.pickle")
                .hasMessageContaining("Python");
        assertThat(values.get(stored.id(), byte[].class)).isEqualTo(bytes);
    }

    @Test
    void onlyAllowedMediaTypesAreDecoded() {
        Values strict =
                Values.builder(clients.client(Route.CO_LOCATED))
                        .allowOnly("application/octet-stream", "application/json")
                        .build();
        Stored stored = strict.put("text");
        assertThatThrownBy(() -> strict.get(stored.id(), String.class))
                .isInstanceOf(MediaTypeRefused.class)
                .hasMessageContaining("text/plain")
                .hasMessageContaining("allow(");
        assertThat(strict.get(strict.put(1.5, AS_JSON).id(), Double.class)).isEqualTo(1.5);
    }

    /** A codec of a program's own. */
    private static final class PointCodec implements Codec {
        @Override
        public Set<String> mediaTypes() {
            return Set.of("application/x-point");
        }

        @Override
        public boolean isFor(Class<?> type) {
            return type == Point.class;
        }

        @Override
        public Encoded encode(Object value, @Nullable MediaType asked) {
            byte[] x = {(byte) ((Point) value).x()};
            return Encoded.of(new MediaType("application/x-point"), x);
        }

        @Override
        public Object decode(Body body, Class<?> type) {
            return new Point(body.segment().get(ValueLayout.JAVA_BYTE, 0), List.of());
        }
    }

    /** Found on the class path of these tests. */
    public static final class FoundCodec implements Codec {
        private static final MediaType FOUND = new MediaType("application/x-found");

        /** Of the name alone, which nothing else that is put has. */
        record Found(String name) {}

        @Override
        public Set<String> mediaTypes() {
            return Set.of(FOUND.essence());
        }

        @Override
        public boolean isFor(Class<?> type) {
            return type == Found.class;
        }

        @Override
        public Encoded encode(Object value, @Nullable MediaType asked) {
            return Encoded.of(FOUND, ((Found) value).name().getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public Object decode(Body body, Class<?> type) {
            return new Found(new String(body.toBytes(), StandardCharsets.UTF_8));
        }
    }

    @Test
    @DisplayName("a codec on the class path stores, and reads once its media type is allowed")
    void aCodecIsFoundOnTheClassPath() {
        Values values = clients.values(Route.CO_LOCATED);
        FoundCodec.Found found = new FoundCodec.Found("ž");
        Stored stored = values.put(found);
        assertThat(stored.sizeBytes()).isEqualTo(2);
        assertThatThrownBy(() -> values.get(stored.id(), Object.class))
                .isInstanceOf(MediaTypeRefused.class)
                .hasMessageContaining("application/x-found");
        Values allowing = Values.builder(values.client()).allow("Application/X-Found").build();
        assertThat(allowing.get(stored.id(), Object.class)).isEqualTo(found);
    }

    @Test
    void aProgramAddsACodecOfItsOwn() {
        Values values =
                Values.builder(clients.client(Route.REMOTE)).codec(new PointCodec()).build();
        Stored stored = values.put(new Point(9, List.of()));
        assertThat(stored.sizeBytes()).isEqualTo(1);
        assertThat(values.get(stored.id(), Point.class)).isEqualTo(new Point(9, List.of()));
        assertThatThrownBy(() -> values.get(stored.id(), String.class))
                .isInstanceOf(DecodeException.class);
        assertThatThrownBy(() -> clients.values(Route.REMOTE).get(stored.id(), Point.class))
                .isInstanceOf(MediaTypeRefused.class);
        assertThat(values.inspect(new Point(1, List.of())).toString())
                .startsWith("application/x-point, 1 bytes\nvalue: ");
    }
}
