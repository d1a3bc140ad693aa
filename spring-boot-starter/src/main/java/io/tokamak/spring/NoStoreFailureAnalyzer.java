package io.tokamak.spring;

import io.tokamak.client.ConnectOptions;
import io.tokamak.objects.DeadlineExceeded;
import io.tokamak.objects.NodeDown;
import java.nio.file.Files;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.util.ClassUtils;

/** Says what a program misses that starts without a store, and what to do about it. */
final class NoStoreFailureAnalyzer extends AbstractFailureAnalyzer<NoStore> {
    private static final String EMBEDDED_NODE = "io.tokamak.node.embedded.EmbeddedNode";

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, NoStore cause) {
        return analysis(cause);
    }

    static FailureAnalysis analysis(NoStore cause) {
        ConnectOptions options = cause.options();
        boolean isAway =
                cause.reason() instanceof NodeDown || cause.reason() instanceof DeadlineExceeded;
        return new FailureAnalysis(
                description(options, cause.reason().detail(), isAway),
                isAway ? remedy(options) : cause.reason().remedy(),
                cause);
    }

    private static String description(ConnectOptions options, String detail, boolean isAway) {
        if (!isAway) {
            return "The Tokamak client could not connect: " + detail + ".";
        }
        if (options.gateway() != null) {
            return "No Tokamak gateway answered at %s within %s: %s."
                    .formatted(options.gateway(), options.timeout(), detail);
        }
        return "No Tokamak node answered in the folder %s within %s: %s."
                .formatted(
                        options.folder(),
                        options.timeout(),
                        Files.isDirectory(options.folder()) ? detail : "there is no such folder");
    }

    private static String remedy(ConnectOptions options) {
        String start =
                options.gateway() == null
                        ? """
                        - start a node there (./tokamak up), or
                        - name another node's folder with tokamak.client.folder, or a gateway with \
                        tokamak.client.url, or
                        """
                        : """
                        - start the gateway, or name another with tokamak.client.url, or
                        """;
        String embedded =
                ClassUtils.isPresent(EMBEDDED_NODE, NoStoreFailureAnalyzer.class.getClassLoader())
                        ? "- for development and tests, set tokamak.embedded.enabled=true."
                        : "- for development and tests, add io.tokamak:tokamak-store-service to the"
                                + " class path and set tokamak.embedded.enabled=true.";
        return "Do one of these:\n" + start + embedded;
    }
}
