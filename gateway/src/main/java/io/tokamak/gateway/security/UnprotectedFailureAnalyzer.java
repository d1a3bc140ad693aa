package io.tokamak.gateway.security;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says what to configure, instead of a stack trace. */
final class UnprotectedFailureAnalyzer extends AbstractFailureAnalyzer<Unprotected> {
    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, Unprotected cause) {
        return new FailureAnalysis(cause.getMessage(), cause.remedy(), cause);
    }
}
