package io.tokamak.benchmarks;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What the starter adds to the start of a Spring program, each a process of its own. */
final class SpringScenario implements Scenario {
    private static final int PAIRS_A_ROUND = 5;
    private static final String STARTER = "tokamak-spring-boot-starter-";
    private static final double NANOS_A_MILLI = 1e6;

    @Override
    public String key() {
        return "spring";
    }

    @Override
    public void declare(Lab lab) {
        lab.declare(
                "spring.start",
                "start of a Spring program with the starter, from its process on",
                "ms",
                "without the starter",
                Goal.NONE);
        lab.declare("spring.added", "what the starter adds to it", "ms", null, Goal.atMost(150));
    }

    @Override
    public void run(Lab lab) throws Exception {
        Scale scale = lab.scale();
        lab.node();
        var _ = startMillis(lab, true); // the files are read once
        for (int round = 0; round < scale.rounds(); round++) {
            lab.progress("spring, round %d of %d".formatted(round + 1, scale.rounds()));
            for (int pair = 0; pair < (scale.isSmoke() ? 1 : PAIRS_A_ROUND); pair++) {
                boolean isFirst = pair % 2 == 0; // neither always comes after the other
                double one = startMillis(lab, isFirst);
                double other = startMillis(lab, !isFirst);
                double with = isFirst ? one : other;
                double without = isFirst ? other : one;
                lab.sample("spring.start", with, without);
                lab.sample("spring.added", with - without);
            }
        }
    }

    /** From before the process until the program says that it has started. */
    private static double startMillis(Lab lab, boolean hasStarter)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(Jvm.command());
        command.addAll(lab.jvmOptions());
        command.addAll(List.of("-cp", classPath(hasStarter), SpringProgram.class.getName()));
        command.add("--spring.main.banner-mode=off");
        command.add("--tokamak.client.folder=" + lab.folder());
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .redirectError(
                                ProcessBuilder.Redirect.appendTo(lab.log("spring").toFile()));
        long begin = System.nanoTime();
        Process process = Child.register(builder.start());
        try (BufferedReader said = process.inputReader(StandardCharsets.UTF_8)) {
            String line = said.readLine();
            double millis = (System.nanoTime() - begin) / NANOS_A_MILLI;
            String expected = SpringProgram.STARTED + (hasStarter ? 1 : 0);
            if (!expected.equals(line)) {
                throw new IllegalStateException(
                        "the Spring program said %s instead of %s; see %s"
                                .formatted(line, expected, lab.log("spring")));
            }
            int status = process.waitFor();
            Lab.check("status of the Spring program", 0, (double) status);
            return millis;
        } finally {
            process.destroyForcibly();
        }
    }

    /** This program's own, of which one jar is left out or not. */
    private static String classPath(boolean hasStarter) {
        List<String> all =
                List.of(System.getProperty("java.class.path", "").split(File.pathSeparator));
        String chosen =
                all.stream()
                        .filter(each -> hasStarter || !each.contains(STARTER))
                        .collect(Collectors.joining(File.pathSeparator));
        if (all.stream().noneMatch(each -> each.contains(STARTER))) {
            throw new IllegalStateException("no jar of the starter in " + all);
        }
        return chosen;
    }
}
