package io.tokamak.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** {@code ./tokamak bench}. */
@Command(
        name = "tokamak bench",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Measures a node of its own and prints a table: figure, spread, what it is compared"
                    + " with, and what it is to reach.",
            "The raw samples go to benchmarks/results."
        },
        exitCodeOnInvalidInput = 2)
final class Bench implements Callable<Integer> {
    private static final List<Scenario> SCENARIOS =
            List.of(
                    new CallsScenario(),
                    new ValuesScenario(),
                    new PutsScenario(),
                    new NamedPutsScenario(),
                    new WakeScenario(),
                    new RestScenario(),
                    new RestLoadScenario(),
                    new GrpcScenario(),
                    new CopiesScenario(),
                    new FootprintScenario(),
                    new RestartScenario(),
                    new SpringScenario(),
                    new CommandScenario(),
                    new IdleScenario());

    /** Beside the pool: the index, a second copy of the largest object, our processes' heaps. */
    private static final long BYTES_BESIDE_POOL = 5L << 30;

    private static final long POOL_BYTES_MIN = 256L << 20;

    private static final class Length {
        @Option(names = "--quick", description = "about 6 minutes, 3 rounds (default)")
        private boolean quick;

        @Option(names = "--full", description = "about 20 minutes, 5 rounds")
        private boolean full;

        @Option(
                names = "--smoke",
                description =
                        "about a minute, tiny sizes: only whether each row runs and counts right;"
                                + " its figures mean nothing")
        private boolean smoke;
    }

    @ArgGroup private @Nullable Length length;

    @Option(
            names = "--small-pages",
            description =
                    "4 KiB pages of shared memory; else 2 MiB on a tmpfs of its own (huge=always),"
                            + " where it may mount one")
    @SuppressWarnings("UnusedVariable") // the script that starts this has seen to it
    private boolean smallPages;

    @Option(
            names = "--only",
            paramLabel = "PREFIX",
            split = ",",
            description =
                    "only these: calls, values, puts, named, wake, rest, load, grpc, copies,"
                            + " footprint, restart, spring, command, idle")
    private List<String> only = List.of();

    @Option(names = "--publish", description = "also write docs/benchmarks.md")
    private boolean publish;

    private final Path root = Path.of(System.getProperty("tokamak.root", ".")).toAbsolutePath();

    public static void main(String[] args) {
        System.exit(new CommandLine(new Bench()).execute(args));
    }

    private Scale scale() {
        Length chosen = length;
        if (chosen == null || chosen.quick) {
            return Scale.QUICK;
        }
        if (chosen.full) {
            return Scale.FULL;
        }
        if (!chosen.smoke) {
            throw new IllegalStateException("no length was chosen");
        }
        return Scale.SMOKE;
    }

    @Override
    @SuppressWarnings("SystemOut") // a command prints
    public Integer call() throws Exception {
        Machine machine = Machine.here();
        Scale scale = fit(scale());
        List<Scenario> chosen =
                SCENARIOS.stream()
                        .filter(s -> only.isEmpty() || only.stream().anyMatch(s.key()::startsWith))
                        .toList();
        if (chosen.isEmpty()) {
            System.err.println("bench: nothing is called " + String.join(", ", only));
            return 2;
        }
        int failed = 0;
        Lab lab = new Lab(root, scale);
        Thread cleaning = new Thread(lab::close, "cleaning");
        Runtime.getRuntime().addShutdownHook(cleaning); // Ctrl-C as well as the end
        for (Scenario scenario : chosen) {
            scenario.declare(lab);
        }
        lab.train();
        for (Scenario scenario : chosen) {
            long begin = System.nanoTime();
            try {
                scenario.run(lab);
                lab.progress(
                        "%s took %.0f s"
                                .formatted(scenario.key(), (System.nanoTime() - begin) / 1e9));
            } catch (IOException | RuntimeException e) {
                failed++;
                lab.progress(scenario.key() + " failed: " + e);
                lab.noteAll(scenario.key() + ".", "failed: " + firstLine(e));
                lab.discardNode();
            }
            if (!scale.isSmoke()) {
                keep(results(scale, machine, lab)); // a run that is cut off leaves what it has
            }
        }
        System.out.print(Report.plain(results(scale, machine, lab)));
        System.out.printf("%d passed, %d failed%n", chosen.size() - failed, failed);
        return failed == 0 ? 0 : 1;
    }

    private static Results results(Scale scale, Machine machine, Lab lab) {
        return new Results(
                LocalDate.now(ZoneOffset.UTC).toString(),
                System.getProperty("tokamak.commit", "unknown"),
                "./tokamak bench --" + scale.name(),
                scale,
                machine,
                lab.figures());
    }

    private static String firstLine(Exception e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    @SuppressWarnings("SystemOut") // a command prints
    private static Scale fit(Scale scale) throws IOException {
        long free =
                Math.min(
                        Files.getFileStore(Path.of("/dev/shm")).getUsableSpace(),
                        Machine.memoryBytes("MemAvailable"));
        long beside = scale.isSmoke() ? BYTES_BESIDE_POOL / 4 : BYTES_BESIDE_POOL;
        long poolMax = free - beside;
        if (poolMax < POOL_BYTES_MIN) {
            throw new IOException(
                    "too little memory: %,d MiB are free in memory and /dev/shm, %,d MiB are needed at least"
                            .formatted(free >> 20, (beside + POOL_BYTES_MIN) >> 20));
        }
        if (poolMax < scale.poolBytes()) {
            System.err.printf(
                    "bench: %,d MiB are free: the pool has %,d MiB instead of %,d, and what lies in"
                            + " it is fewer by as much%n",
                    free >> 20, poolMax >> 20, scale.poolBytes() >> 20);
        }
        return scale.within(poolMax);
    }

    @SuppressWarnings("SystemOut") // a command prints
    private void keep(Results results) throws IOException {
        String name = results.date() + "-" + results.commit() + (only.isEmpty() ? "" : "-partial");
        Path file =
                Files.createDirectories(root.resolve("benchmarks/results")).resolve(name + ".json");
        JsonMapper json = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
        Files.writeString(file, json.writeValueAsString(results) + "\n", StandardCharsets.UTF_8);
        System.out.println("raw samples: " + root.relativize(file));
        if (publish) {
            Path page = root.resolve("docs/benchmarks.md");
            Files.writeString(page, Report.markdown(results), StandardCharsets.UTF_8);
            System.out.println("published: " + root.relativize(page));
        }
    }
}
