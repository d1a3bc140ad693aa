package io.tokamak.spring.embedded;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Names the dependency that is missing. */
final class NoNodeToEmbedFailureAnalyzer extends AbstractFailureAnalyzer<NoNodeToEmbed> {
    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, NoNodeToEmbed cause) {
        return new FailureAnalysis(
                cause.getMessage() + ".",
                "Add io.tokamak:tokamak-store-service, excluding what it brings along (*:*), or set"
                        + " tokamak.embedded.enabled=false.",
                cause);
    }
}
