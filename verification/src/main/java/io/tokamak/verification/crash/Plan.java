package io.tokamak.verification.crash;

import java.util.List;

/**
 * What a run of the suite does.
 *
 * @param seed of everything random
 * @param rounds kills of the node, at most
 * @param seconds after which no further round begins
 * @param parts what is tried: steps where the node or a client is killed, {@code reader}, {@code
 *     folder}, {@code large}, {@code writer} for all steps of clients; empty: everything
 * @param isBrief whether the first failure ends the run
 */
record Plan(long seed, int rounds, long seconds, List<String> parts, boolean isBrief) {

    /**
     * @throws IllegalArgumentException naming what is not known
     */
    static Plan parse(String[] arguments) {
        Plan plan = new Plan(System.nanoTime(), 60, 270, List.of(), false);
        for (int i = 0; i < arguments.length; i++) {
            String option = arguments[i];
            if (option.equals("--brief")) {
                plan = new Plan(plan.seed, plan.rounds, plan.seconds, plan.parts, true);
                continue;
            }
            if (++i == arguments.length) {
                throw new IllegalArgumentException(option);
            }
            String value = arguments[i];
            plan =
                    switch (option) {
                        case "--seed" -> plan.withSeed(Long.parseLong(value));
                        case "--rounds" -> plan.withRounds(Integer.parseInt(value));
                        case "--seconds" -> plan.withSeconds(Long.parseLong(value));
                        case "--parts" -> plan.withParts(List.of(value.split(",", -1)));
                        default -> throw new IllegalArgumentException(option);
                    };
        }
        return plan;
    }

    boolean includes(String part) {
        return parts.isEmpty() || parts.contains(part);
    }

    private Plan withSeed(long other) {
        return new Plan(other, rounds, seconds, parts, isBrief);
    }

    private Plan withRounds(int other) {
        return new Plan(seed, other, seconds, parts, isBrief);
    }

    private Plan withSeconds(long other) {
        return new Plan(seed, rounds, other, parts, isBrief);
    }

    private Plan withParts(List<String> others) {
        return new Plan(seed, rounds, seconds, others, isBrief);
    }
}
