package io.tokamak.benchmarks;

import io.tokamak.client.ConnectOptions;
import io.tokamak.client.TokamakClient;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;

/** Main class of the processes that the driver starts: runs one task, prints what it found. */
final class Worker {
    private Worker() {}

    /** Patient: many processes may start at once. */
    static TokamakClient connect(String name) {
        return TokamakClient.connect(
                ConnectOptions.defaults().withName(name).withTimeout(Duration.ofMinutes(1)));
    }

    private static Task task(String name) {
        return switch (name) {
            case "calls" -> new CallsTask();
            case "values" -> new ValuesTask();
            case "puts" -> new PutsTask();
            case "copies" -> new CopiesTask();
            case "cold" -> new ColdTask();
            case "named" -> new NamedPutsTask();
            case "fill" -> new FillTask();
            case "wait" -> new WaitTask();
            case "wake" -> new WakeTask();
            case "idle" -> new IdleTask();
            case "http" -> new HttpTask();
            case "bare-server" -> new BareServerTask();
            case "webflux-server" -> new WebFluxServerTask();
            case "slow-readers" -> new SlowReadersTask();
            case "grpc" -> new GrpcTask();
            case "grpc-batch" -> new GrpcBatchTask();
            case "grpc-map" -> new GrpcMapTask();
            case "bare-grpc" -> new BareGrpcTask();
            default -> throw new IllegalArgumentException("no task " + name);
        };
    }

    public static void main(String[] words) throws Exception {
        Map<String, Double> figures = task(words[0]).run(Arguments.parse(words, 1));
        figures.forEach(
                (name, value) ->
                        System.out.printf(Locale.ROOT, "figure %s %s%n", name, value.toString()));
        System.out.flush();
        System.exit(0); // whatever threads a library left
    }
}
