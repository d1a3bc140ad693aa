package io.tokamak.benchmarks;

import java.util.Map;

/** What a process of its own measures. */
interface Task {
    /** Returns figures by name; the count that was checked is among them. */
    Map<String, Double> run(Arguments arguments) throws Exception;
}
