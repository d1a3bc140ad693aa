package io.tokamak.spring.cache;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Names the dependency that is missing. */
final class NoValuesFailureAnalyzer extends AbstractFailureAnalyzer<NoValues> {
    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, NoValues cause) {
        return new FailureAnalysis(
                cause.getMessage() + ".",
                "Add io.tokamak:tokamak-values, or set tokamak.cache.enabled=false.",
                cause);
    }
}
