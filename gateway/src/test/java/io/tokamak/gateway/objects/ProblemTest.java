package io.tokamak.gateway.objects;

import static org.assertj.core.api.Assertions.assertThat;

import io.tokamak.objects.PartialReplication;
import io.tokamak.objects.TokamakException;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ProblemTest {

    @ParameterizedTest
    @EnumSource
    void everyProblemSaysWhatToDo(Problem problem) {
        Map<String, Object> body = problem.example().body();
        assertThat(problem.code()).matches("[a-z]+(-[a-z]+)*");
        assertThat(problem.status().isError()).isTrue();
        assertThat(body).containsKeys("type", "title", "status", "detail", "code", "remedy");
        assertThat(body.get("remedy")).asString().isNotEmpty();
    }

    @Test
    @DisplayName("whatever the store can refuse has its problem; a partial replication is none")
    void everyFailureOfTheStore() {
        Set<Class<?>> known =
                Stream.of(Problem.values()).map(Problem::cause).collect(Collectors.toSet());
        known.add(PartialReplication.class);
        assertThat(known).contains(TokamakException.class.getPermittedSubclasses());
    }

    @Test
    @DisplayName("whatever HTTP can refuse has its problem")
    void everyRefusal() {
        Set<String> made =
                Arrays.stream(Refusal.class.getDeclaredMethods())
                        .filter(method -> Modifier.isStatic(method.getModifiers()))
                        .filter(method -> !Modifier.isPrivate(method.getModifiers()))
                        .filter(method -> method.getReturnType().equals(Refusal.class))
                        .map(method -> code(method.getName()))
                        .collect(Collectors.toCollection(TreeSet::new));
        Set<String> documented =
                Stream.of(Problem.values()).map(Problem::code).collect(Collectors.toSet());
        assertThat(documented).containsAll(made);
    }

    /** {@code noSuchPath} makes {@code no-such-path}. */
    private static String code(String factory) {
        return factory.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }

    @Test
    @DisplayName("every problem can be met: by some call, or where no call is found")
    void noneIsSuperfluous() {
        Set<Problem> met =
                Stream.of(Call.values())
                        .flatMap(call -> call.problems().stream())
                        .collect(Collectors.toSet());
        met.add(Problem.NO_SUCH_PATH);
        met.add(Problem.METHOD_NOT_ALLOWED);
        assertThat(met).containsExactlyInAnyOrder(Problem.values());
    }
}
