package io.tokamak.values;

import static org.assertj.core.api.Assertions.assertThat;

import io.tokamak.client.PutOptions;
import io.tokamak.client.Stored;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectName;
import io.tokamak.values.TestStore.Route;
import io.tokamak.values.graph.GraphCodec;
import io.tokamak.values.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The examples of values in README.md and docs/values.md")
class ExamplesIT implements WithStore {
    private static final Pattern EXAMPLE = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
    private static final Path HERE =
            Path.of("src", "test", "java", "io", "tokamak", "values", "ExamplesIT.java");

    private final Clients clients;

    ExamplesIT(Clients clients) {
        this.clients = clients;
    }

    record Line(String article, int count) {}

    record Order(String customer, List<Line> lines) {}

    @ParameterizedTest
    @EnumSource
    void readme(Route route) {
        TokamakClient client = clients.client(route);
        Order order = new Order("Anna", List.of(new Line("tea", 2)));

        Values values =
                Values.builder(client).codec(GraphCodec.of(Order.class, Line.class)).build();
        Stored stored = values.put(Tensor.of(new double[] {1, 2, 3, 4}, 2, 2));
        try (Tensor tensor = values.get(stored, Tensor.class)) {
            double last = tensor.select(0, 1).getDouble(1);
            assertThat(last).isEqualTo(4);
        }
        Order same = values.get(values.put(order), Order.class);

        assertThat(same).isEqualTo(order);
    }

    @Test
    void docs() {
        TokamakClient client = clients.client(Route.REMOTE);

        Values values = Values.over(client);
        ObjectName name = new ObjectName("docs", "greeting");
        values.put("hello", PutOptions.named(name));
        String hello = values.get(name, String.class, Deadline.after(Duration.ofSeconds(5)));

        Stored numbers = values.put(new double[] {1, 2, 3});
        double[] copy = values.get(numbers, double[].class);
        List<Tensor> tensors = values.getAll(List.of(numbers.id(), numbers.id()), Tensor.class);
        System.out.println(values.inspect(new double[1000]));

        Stored json =
                values.put(Map.of("x", 1), PutOptions.DEFAULTS.withMediaType(MediaTypes.JSON));
        Map<?, ?> map = values.get(json, Map.class);

        assertThat(hello).isEqualTo("hello");
        assertThat(copy).containsExactly(1, 2, 3);
        assertThat(tensors).hasSize(2).allMatch(tensor -> tensor.getDouble(2) == 3);
        tensors.forEach(Tensor::close);
        assertThat(map).hasToString("{x=1}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"README.md", "docs/values.md"})
    @DisplayName("are what is run here")
    void areTheseLines(String file) throws IOException {
        String tried = bare(Files.readString(HERE));
        Matcher examples = EXAMPLE.matcher(Files.readString(Path.of("..").resolve(file)));
        int found = 0;
        while (examples.find()) {
            if (examples.group(1).startsWith("Values values =")) {
                found++;
                for (String statement : examples.group(1).lines().toList()) {
                    assertThat(tried).contains(bare(statement));
                }
            }
        }
        assertThat(found).isEqualTo(1);
    }

    /** Without comments and white space, which the formatter chooses. */
    private static String bare(String code) {
        return code.replaceAll("//.*", "").replaceAll("\\s", "");
    }
}
