package io.tokamak.spring;

import io.tokamak.client.ConnectOptions;
import io.tokamak.objects.TokamakException;

/** The client could not connect while the program started. */
final class NoStore extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient ConnectOptions options;
    private final TokamakException reason;

    NoStore(ConnectOptions options, TokamakException reason) {
        super("no Tokamak store: " + reason.getMessage(), reason);
        this.options = options;
        this.reason = reason;
    }

    ConnectOptions options() {
        return options;
    }

    TokamakException reason() {
        return reason;
    }
}
