package io.tokamak.verification.ordering;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.infra.Status;
import org.openjdk.jcstress.infra.collectors.DiskReadCollector;
import org.openjdk.jcstress.infra.collectors.InProcessCollector;
import org.openjdk.jcstress.infra.collectors.TestResult;
import org.openjdk.jcstress.infra.grading.GradingResult;
import org.openjdk.jcstress.infra.runners.TestList;

/**
 * Reads the results of a run, and fails when a hypothesis broke, a twin held that must break here,
 * or a test did not run.
 */
public final class Verdict {
    /** Fewer show nothing. */
    private static final long SAMPLES_MIN = 20_000;

    private static final String PACKAGE = Verdict.class.getPackageName() + ".";

    /** What all forks of one test saw. */
    private static final class Counts {
        private long samples;
        private long forbidden;
        private long interesting;
        private String trouble = "";

        void add(TestResult result) {
            if (result.status() == Status.TIMEOUT_ERROR) {
                return; // the two sides hardly met on a busy machine
            }
            if (result.status() != Status.NORMAL) {
                trouble = result.status() + " " + String.join(" ", result.getMessages());
                return;
            }
            samples += result.getTotalCount();
            for (GradingResult outcome : result.grading().gradingResults.values()) {
                if (outcome.expect == Expect.FORBIDDEN) {
                    forbidden += outcome.count;
                } else if (outcome.expect == Expect.ACCEPTABLE_INTERESTING) {
                    interesting += outcome.count;
                } else if (outcome.expect == Expect.UNKNOWN) {
                    trouble = "an outcome that nobody thought of: " + outcome.id;
                }
            }
        }
    }

    private enum Judgement {
        HOLDS(true, "holds"),
        BREAKS(true, "breaks, as it should"),
        SPARED(true, "does not break on this processor"),
        UNSEEN(false, "does not break: the test does not see what it is there to see"),
        REFUTED(false, "the hypothesis is wrong"),
        TROUBLE(false, "did not end well"),
        TOO_FEW(false, "did not run, or hardly");

        private final boolean isSound;
        private final String words;

        Judgement(boolean isSound, String words) {
            this.isSound = isSound;
            this.words = words;
        }

        void print(String name, Counts counts) {
            System.out.printf(
                    "%-6s %-35s %,14d samples %,10d broken  %s %s%n",
                    isSound ? "ok" : "FAILED",
                    name.substring(PACKAGE.length()),
                    counts.samples,
                    counts.forbidden + counts.interesting,
                    words,
                    counts.trouble);
        }
    }

    private Verdict() {}

    /**
     * Leaves in the file {@code again} a pattern of the tests that should have more time.
     *
     * @param args the folder with the results, and a part of the names of the tests that should be
     *     there
     */
    public static void main(String[] args) throws IOException, ClassNotFoundException {
        Map<String, Counts> tests = new TreeMap<>();
        for (String name : TestList.tests()) {
            if (name.contains(args[1])) {
                tests.put(name, new Counts());
            }
        }
        for (TestResult result : read(Path.of(args[0]))) {
            Counts counts = tests.get(result.getName());
            if (counts != null) {
                counts.add(result);
            }
        }
        int failed = 0;
        List<String> again = new ArrayList<>();
        for (Map.Entry<String, Counts> test : tests.entrySet()) {
            Judgement judgement = judge(test.getKey(), test.getValue());
            judgement.print(test.getKey(), test.getValue());
            failed += judgement.isSound ? 0 : 1;
            if (judgement == Judgement.UNSEEN || judgement == Judgement.TOO_FEW) {
                again.add(Pattern.quote(test.getKey()));
            }
        }
        Files.writeString(Path.of(args[0], "again"), String.join("|", again));
        System.out.printf("%d passed, %d failed%n", tests.size() - failed, failed);
        System.exit(failed == 0 && !tests.isEmpty() ? 0 : 1);
    }

    private static List<TestResult> read(Path folder) throws IOException, ClassNotFoundException {
        InProcessCollector results = new InProcessCollector();
        try (DirectoryStream<Path> files =
                Files.newDirectoryStream(folder, "jcstress-results-*.bin.gz")) {
            for (Path file : files) {
                try {
                    DiskReadCollector reader = new DiskReadCollector(file.toString(), results);
                    reader.dump();
                    reader.close();
                } catch (EOFException end) {
                    System.out.println(file.getFileName() + " ends early: jcstress was killed");
                }
            }
        }
        return List.copyOf(results.getTestResults());
    }

    private static Judgement judge(String name, Counts counts) throws ClassNotFoundException {
        Twin twin = Class.forName(TestList.getInfo(name).binaryName()).getAnnotation(Twin.class);
        if (!counts.trouble.isEmpty()) {
            return Judgement.TROUBLE;
        }
        if (counts.forbidden > 0) {
            return Judgement.REFUTED;
        }
        if (counts.samples < SAMPLES_MIN && counts.interesting == 0) {
            return Judgement.TOO_FEW;
        }
        if (twin == null) {
            return Judgement.HOLDS;
        }
        if (counts.interesting > 0) {
            return Judgement.BREAKS;
        }
        return twin.value() == Twin.Fails.ALWAYS ? Judgement.UNSEEN : Judgement.SPARED;
    }
}
