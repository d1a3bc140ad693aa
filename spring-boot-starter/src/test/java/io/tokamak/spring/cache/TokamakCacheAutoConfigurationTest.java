package io.tokamak.spring.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.tokamak.client.TokamakClient;
import io.tokamak.objects.ObjectInfo;
import io.tokamak.objects.ObjectName;
import io.tokamak.spring.TokamakAutoConfiguration;
import io.tokamak.spring.embedded.TokamakEmbeddedAutoConfiguration;
import io.tokamak.spring.values.TokamakValuesAutoConfiguration;
import io.tokamak.values.Codec;
import io.tokamak.values.MediaTypes;
import io.tokamak.values.Values;
import io.tokamak.values.graph.GraphCodec;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.cache.Cache;
import org.springframework.cache.CacheManager;
import org.springframework.cache.annotation.CacheEvict;
import org.springframework.cache.annotation.Cacheable;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.cache.concurrent.ConcurrentMapCacheManager;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@DisplayName("A program's caches")
class TokamakCacheAutoConfigurationTest {
    private final ApplicationContextRunner program =
            new ApplicationContextRunner()
                    .withConfiguration(
                            AutoConfigurations.of(
                                    TokamakAutoConfiguration.class,
                                    TokamakEmbeddedAutoConfiguration.class,
                                    TokamakCacheAutoConfiguration.class))
                    .withPropertyValues(
                            "tokamak.embedded.enabled=true",
                            "tokamak.embedded.pool-size=16MB",
                            "tokamak.cache.enabled=true",
                            "tokamak.cache.trusted-packages=io.tokamak.spring.cache");

    record Book(String isbn, int edition) {}

    static class Library {
        final AtomicInteger calls = new AtomicInteger();

        @Cacheable("books")
        public Book find(String isbn, int edition) {
            calls.incrementAndGet();
            return new Book(isbn, edition);
        }

        @Cacheable(value = "books", sync = true)
        public Book findOnce(String isbn, int edition) {
            return find(isbn, edition);
        }

        @CacheEvict("books")
        public void forget(String isbn, int edition) {}
    }

    @Configuration(proxyBeanMethods = false)
    @EnableCaching
    static class Program {
        @Bean
        Library library() {
            return new Library();
        }
    }

    @Test
    @DisplayName("lie in the store, and its annotations work")
    void annotations() {
        program.withUserConfiguration(Program.class)
                .run(
                        context -> {
                            Library library = context.getBean(Library.class);
                            Book dune = new Book("dune", 1);
                            assertThat(library.find("dune", 1)).isEqualTo(dune);
                            assertThat(library.find("dune", 1)).isEqualTo(dune);
                            assertThat(library.findOnce("dune", 1)).isEqualTo(dune);
                            assertThat(library.find("dune", 2)).isEqualTo(new Book("dune", 2));
                            TokamakClient client = context.getBean(TokamakClient.class);
                            ObjectName name = new ObjectName("cache.books", "#(dune,#integer:1)");
                            assertThat(client.head(name)).isNotNull();
                            library.forget("dune", 1);
                            assertThat(client.head(name)).isNull();
                        });
    }

    @Test
    @DisplayName("have the lifetimes that properties give to all and to one")
    void lifetimes() {
        program.withPropertyValues(
                        "tokamak.cache.namespace-prefix=shop.",
                        "tokamak.cache.ttl=2h",
                        "tokamak.cache.caches.prices.ttl=5m")
                .run(
                        context -> {
                            CacheManager caches = context.getBean(CacheManager.class);
                            cache(caches, "books").put("k", "v");
                            cache(caches, "prices").put("k", "v");
                            assertThat(caches.getCacheNames())
                                    .containsExactlyInAnyOrder("books", "prices");
                            TokamakClient client = context.getBean(TokamakClient.class);
                            assertThat(lives(client, "shop.books"))
                                    .isBetween(Duration.ofMinutes(119), Duration.ofMinutes(121));
                            assertThat(lives(client, "shop.prices"))
                                    .isBetween(Duration.ofMinutes(4), Duration.ofMinutes(6));
                        });
    }

    private static Cache cache(CacheManager caches, String name) {
        return Objects.requireNonNull(caches.getCache(name));
    }

    private static Duration lives(TokamakClient client, String namespace) {
        ObjectInfo info = Objects.requireNonNull(client.head(new ObjectName(namespace, "k")));
        return Duration.between(Instant.now(), Objects.requireNonNull(info.expires()));
    }

    @Test
    @DisplayName("store values as the program's own codecs say, and so does its Values bean")
    void ownCodec() {
        program.withConfiguration(AutoConfigurations.of(TokamakValuesAutoConfiguration.class))
                .withBean(Codec.class, () -> GraphCodec.of(Book.class))
                .run(
                        context -> {
                            Book dune = new Book("dune", 3);
                            Cache cache = cache(context.getBean(CacheManager.class), "books");
                            cache.put("k", dune);
                            assertThat(cache.get("k", Book.class)).isEqualTo(dune);
                            ObjectName name = new ObjectName("cache.books", "k");
                            Values values = context.getBean(Values.class);
                            assertThat(values.get(name, Book.class)).isEqualTo(dune);
                            ObjectInfo info = Objects.requireNonNull(values.client().head(name));
                            assertThat(info.metadata().mediaType()).isEqualTo(MediaTypes.FORY);
                        });
    }

    @Test
    @DisplayName("are missed by their dependency when that is not there")
    void missing() {
        program.withConfiguration(AutoConfigurations.of(TokamakValuesAutoConfiguration.class))
                .withClassLoader(new FilteredClassLoader("io.tokamak.values"))
                .run(
                        context -> {
                            Throwable failure = Objects.requireNonNull(context.getStartupFailure());
                            assertThat(failure).hasRootCauseInstanceOf(NoValues.class);
                            FailureAnalysis analysis =
                                    new NoValuesFailureAnalyzer().analyze(failure);
                            assertThat(Objects.requireNonNull(analysis).getAction())
                                    .contains("io.tokamak:tokamak-values");
                        });
    }

    @Test
    @DisplayName("stay where they were unless the program says so, or has a manager of its own")
    void backsOff() {
        program.withPropertyValues("tokamak.cache.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(CacheManager.class));
        program.withBean(ConcurrentMapCacheManager.class)
                .run(
                        context ->
                                assertThat(context)
                                        .getBean(CacheManager.class)
                                        .isInstanceOf(ConcurrentMapCacheManager.class));
    }
}
