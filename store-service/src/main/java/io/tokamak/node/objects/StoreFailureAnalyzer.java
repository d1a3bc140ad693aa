package io.tokamak.node.objects;

import io.tokamak.objects.IncompatibleStore;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;

/** Says what keeps a node from starting and what to do, instead of a stack trace. */
final class StoreFailureAnalyzer implements FailureAnalyzer {
    @Override
    public @Nullable FailureAnalysis analyze(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof StoreUnusable unusable) {
                return new FailureAnalysis(unusable.getMessage(), unusable.remedy(), cause);
            }
            if (cause instanceof IncompatibleStore incompatible) {
                return new FailureAnalysis(incompatible.detail(), incompatible.remedy(), cause);
            }
        }
        return null;
    }
}
