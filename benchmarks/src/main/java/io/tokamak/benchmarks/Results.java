package io.tokamak.benchmarks;

import java.util.List;

/** A run as it is kept. */
record Results(
        String date,
        String commit,
        String command,
        Scale scale,
        Machine machine,
        List<Figure> figures) {}
