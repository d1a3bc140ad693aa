package io.tokamak.spring.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tokamak.objects.ObjectName;
import java.math.BigDecimal;
import java.time.DayOfWeek;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.cache.interceptor.SimpleKey;

@DisplayName("The name of a cache key")
class CacheKeysTest {
    record Point(int x, @Nullable String label) {}

    @Test
    @DisplayName("is a string itself, and what it says of anything else")
    void readable() {
        assertThat(CacheKeys.text("978-3-16")).isEqualTo("978-3-16");
        assertThat(CacheKeys.text(42L)).isEqualTo("#long:42");
        assertThat(CacheKeys.text(new SimpleKey("berlin", 7))).isEqualTo("#(berlin,#integer:7)");
        assertThat(CacheKeys.text(DayOfWeek.MONDAY)).isEqualTo("#java.time.DayOfWeek:MONDAY");
        assertThat(CacheKeys.text(Instant.EPOCH)).isEqualTo("#instant:1970-01-01T00:00:00Z");
    }

    @Test
    @DisplayName("differs for keys that differ, and is allowed for all of them")
    void injective() {
        List<Object> keys =
                List.of(
                        "1",
                        1,
                        1L,
                        (short) 1,
                        1.0,
                        '1',
                        true,
                        "true",
                        "",
                        "#",
                        "#string:",
                        "#integer:1",
                        "##string:",
                        "\u0000",
                        "\uD800",
                        "\uD801",
                        "x".repeat(1024),
                        "x".repeat(1025),
                        "x".repeat(1026),
                        "ü".repeat(513),
                        SimpleKey.EMPTY,
                        new SimpleKey(""),
                        new SimpleKey("", ""),
                        new SimpleKey((Object) null),
                        new SimpleKey("#null"),
                        new SimpleKey("a", "b, c"),
                        new SimpleKey("a, b", "c"),
                        new SimpleKey("a,b", "c"),
                        new SimpleKey("a", "b,c"),
                        new SimpleKey("a\\", "b"),
                        new SimpleKey("a\\,b"),
                        new SimpleKey("a", new SimpleKey("b", "c")),
                        new SimpleKey("a", List.of("b", "c")),
                        new SimpleKey("a", new String[] {"b", "c"}),
                        new SimpleKey("a", "b", "c"),
                        new SimpleKey(new int[] {1}, 2),
                        new SimpleKey(new long[] {1}, 2),
                        new Point(1, "a"),
                        new Point(1, null),
                        new Point(1, "null"),
                        List.of("a"),
                        List.of(List.of("a")),
                        DayOfWeek.MONDAY,
                        new BigDecimal("1.0"),
                        new BigDecimal("1.00"),
                        new UUID(1, 2),
                        String.class);
        Map<String, Object> keyOfText = new HashMap<>();
        for (Object key : keys) {
            String text = CacheKeys.text(key);
            assertThat(new ObjectName("n", text).key()).isEqualTo(text);
            assertThat(keyOfText.put(text, key)).as("%s of %s", text, key).isNull();
        }
    }

    @Test
    @DisplayName("is the same for equal keys")
    void deterministic() {
        assertThat(CacheKeys.text(new SimpleKey("a", Arrays.asList(1, 2))))
                .isEqualTo(CacheKeys.text(new SimpleKey(new String("a"), List.of(1, 2))));
    }

    @Test
    @DisplayName("is refused to types that may be called otherwise elsewhere")
    void refused() {
        assertThatThrownBy(() -> CacheKeys.text(new SimpleKey("a", new Object())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("java.lang.Object")
                .hasMessageContaining("@Cacheable(key");
    }

    @Test
    @DisplayName("lies in a namespace that no other cache has")
    void namespaces() {
        CacheNamespaces namespaces = new CacheNamespaces("cache.");
        assertThat(namespaces.of("books")).isEqualTo("cache.books");
        List<String> caches =
                List.of("books", "Books", "BOOKS", "b ooks", "b-ooks", "a..b", "x".repeat(100), "");
        assertThat(caches.stream().map(namespaces::of).distinct()).hasSameSizeAs(caches);
        for (String cache : caches) {
            assertThat(new ObjectName(namespaces.of(cache), "k").namespace()).startsWith("cache.");
        }
        assertThatThrownBy(() -> new CacheNamespaces("Cache"))
                .hasMessageContaining("tokamak.cache.namespace-prefix 'Cache'");
    }
}
