package io.tokamak.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How long a command takes that has little to do: the start of its process, mostly. */
final class CommandScenario implements Scenario {
    private static final int RUNS_A_ROUND = 5;
    private static final int OBJECT_BYTES = 1024;
    private static final double NANOS_A_MILLI = 1e6;

    @Override
    public String key() {
        return "command";
    }

    @Override
    public void declare(Lab lab) {
        lab.declare(
                "command.get",
                "command line: get of 1 KiB, from its process to its end",
                "ms",
                "a Java process that does nothing",
                Goal.atMost(500));
    }

    @Override
    public void run(Lab lab) throws Exception {
        Scale scale = lab.scale();
        lab.node();
        Path program = lab.program("cli");
        Path cache = Service.cache(program);
        if (!Files.exists(cache)) {
            lab.progress("preparing the command line's fast start");
            var _ =
                    command(
                            lab,
                            List.of("-XX:AOTCacheOutput=" + cache, "-Xlog:aot=off"),
                            "training");
        }
        List<String> options = List.of("-XX:AOTCache=" + cache);
        Path file = Files.write(lab.workspace().resolve("payload"), new byte[OBJECT_BYTES]);
        byte[] id = command(lab, options, "put", file.toString()).said();
        String object = new String(id, StandardCharsets.UTF_8).strip();
        for (int round = 0; round < scale.rounds(); round++) {
            lab.progress("command, round %d of %d".formatted(round + 1, scale.rounds()));
            for (int run = 0; run < (scale.isSmoke() ? 1 : RUNS_A_ROUND); run++) {
                Ran get = command(lab, options, "get", object);
                Lab.check("bytes of the object", OBJECT_BYTES, (double) get.said().length);
                lab.sample("command.get", get.millis(), nothing(lab).millis());
            }
        }
        var _ = command(lab, options, "rm", object);
    }

    /** What a process said, and how long it took from before its start until after its end. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Ran(byte[] said, double millis) {}

    private static Ran command(Lab lab, List<String> options, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(Jvm.shortLived());
        command.addAll(options);
        command.addAll(List.of("-jar", lab.program("cli").toString()));
        command.addAll(List.of(arguments));
        command.addAll(List.of("--folder", lab.folder().toString()));
        return ran(lab, command);
    }

    private static Ran nothing(Lab lab) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(Jvm.shortLived());
        command.addAll(
                List.of("-cp", System.getProperty("java.class.path", ""), Nothing.class.getName()));
        return ran(lab, command);
    }

    private static Ran ran(Lab lab, List<String> command) throws IOException, InterruptedException {
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .redirectError(
                                ProcessBuilder.Redirect.appendTo(lab.log("command").toFile()));
        long begin = System.nanoTime();
        Process process = Child.register(builder.start());
        try {
            byte[] said = process.getInputStream().readAllBytes();
            int status = process.waitFor();
            double millis = (System.nanoTime() - begin) / NANOS_A_MILLI;
            Lab.check("status of a command, see " + lab.log("command"), 0, (double) status);
            return new Ran(said, millis);
        } finally {
            process.destroyForcibly();
        }
    }
}
