package io.tokamak.benchmarks;

import java.util.List;
import java.util.Locale;

/** The table, for a terminal and for the docs. */
final class Report {
    private static final List<String> HEADS =
            List.of("what", "figure [min..max]", "floor", "ratio [min..max]", "to reach", "");

    private Report() {}

    static String plain(Results results) {
        StringBuilder text = new StringBuilder();
        if (results.scale().isSmoke()) {
            text.append("A smoke run: its figures mean nothing.\n");
        }
        text.append(
                "%-84s %-32s %-12s %-24s %-16s%n"
                        .formatted(
                                HEADS.get(0),
                                HEADS.get(1),
                                HEADS.get(2),
                                HEADS.get(3),
                                HEADS.get(4)));
        for (Figure figure : results.figures()) {
            text.append(
                    "%-84s %-32s %-12s %-24s %-16s %s%n"
                            .formatted(
                                    figure.what(),
                                    subject(figure),
                                    floor(figure),
                                    ratio(figure),
                                    goal(figure),
                                    results.scale().isSmoke() ? "" : verdict(figure)));
            if (figure.note() != null) {
                text.append("    ").append(figure.note()).append(System.lineSeparator());
            }
        }
        return text.toString();
    }

    static String markdown(Results results) {
        StringBuilder text = new StringBuilder();
        Machine machine = results.machine();
        text.append("# Benchmarks\n\n")
                .append("Made by `./tokamak bench --publish` from `benchmarks/results/")
                .append(results.date())
                .append('-')
                .append(results.commit())
                .append(".json`; not to be edited.\n\n")
                .append("- command: `")
                .append(results.command())
                .append("`, commit ")
                .append(results.commit())
                .append(", ")
                .append(results.date())
                .append("\n- machine: ")
                .append(machine.cpu())
                .append(", ")
                .append(machine.cores())
                .append(" cores, ")
                .append(machine.memoryMib())
                .append(" MiB, ")
                .append(machine.kernel())
                .append(", ")
                .append(machine.pages())
                .append(" pages of shared memory, ")
                .append(machine.jvm())
                .append("\n- load when the run began (1, 5, 15 minutes; running; last pid): ")
                .append(machine.loadBefore())
                .append(
                        """

                        - figures are the median of the rounds, and their spread; floor and subject take turns in a round, and a
                          ratio is of the two of one round; all bytes are on tmpfs and are touched; each run checks what it counted
                        - warm unless a row says otherwise: the pages were touched before by the process that is measured

                        """);
        text.append(
                "| what | figure [min..max] | compared with | its figure | ratio [min..max] | to"
                        + " reach | |\n");
        text.append("|---|---|---|---|---|---|---|\n");
        for (Figure figure : results.figures()) {
            text.append(
                    "| %s | %s | %s | %s | %s | %s | %s |\n"
                            .formatted(
                                    figure.what(),
                                    subject(figure),
                                    figure.floor() == null ? "" : figure.floor(),
                                    floor(figure),
                                    ratio(figure),
                                    goal(figure),
                                    figure.note() != null ? figure.note() : verdict(figure)));
        }
        List<Figure> missed =
                results.figures().stream().filter(f -> Boolean.FALSE.equals(f.isMet())).toList();
        text.append("\n## What is lost\n\n");
        if (missed.isEmpty()) {
            text.append("Every figure that has something to reach reaches it in this run.\n");
        }
        for (Figure figure : missed) {
            text.append("- ")
                    .append(figure.what())
                    .append(": ")
                    .append(figure.goal().on() == Goal.On.RATIO ? ratio(figure) : subject(figure))
                    .append(", to reach ")
                    .append(goal(figure))
                    .append('\n');
        }
        return text.toString();
    }

    private static String subject(Figure figure) {
        return figure.rounds().isEmpty() ? "-" : spread(figure.subject()) + " " + figure.unit();
    }

    private static String floor(Figure figure) {
        return figure.rounds().isEmpty() || figure.floor() == null
                ? ""
                : number(figure.floorSpread().median());
    }

    private static String ratio(Figure figure) {
        return figure.rounds().isEmpty() || figure.floor() == null ? "" : spread(figure.ratio());
    }

    private static String goal(Figure figure) {
        Goal goal = figure.goal();
        String bound = (goal.atLeast() ? "at least " : "at most ") + number(goal.bound());
        return switch (goal.on()) {
            case NONE -> "";
            case SUBJECT -> bound;
            case RATIO -> bound + "x";
        };
    }

    private static String verdict(Figure figure) {
        Boolean met = figure.isMet();
        return met == null ? "" : met ? "met" : "NOT MET";
    }

    private static String spread(Spread spread) {
        return "%s [%s..%s]"
                .formatted(number(spread.median()), number(spread.min()), number(spread.max()));
    }

    /** Three digits that mean something. */
    private static String number(double value) {
        double size = Math.abs(value);
        String pattern =
                size >= 100 || value == Math.rint(value) ? "%,.0f" : size >= 10 ? "%.1f" : "%.2f";
        return String.format(Locale.ROOT, pattern, value);
    }
}
