package io.tokamak.benchmarks;

/** Figures that are measured together. */
interface Scenario {
    /** The beginning of the keys of its figures. */
    String key();

    /** Says what will be measured, also when it then is not. */
    void declare(Lab lab);

    void run(Lab lab) throws Exception;
}
