package io.tokamak.spring;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.service.connection.ConnectionDetails;

/**
 * Where the objects are. A bean of this type takes the place of {@code tokamak.client.url} and
 * {@code folder}. With neither URL nor folder the environment says it.
 */
public interface TokamakConnectionDetails extends ConnectionDetails {
    /** Of a gateway, {@code tokamak://HOST:9090}; null: there is none. */
    default @Nullable String url() {
        return null;
    }

    /** Of a node on this host; of no meaning with a URL. */
    default @Nullable Path folder() {
        return null;
    }

    /** For the gateway; null: {@code tokamak.client.token}. */
    default @Nullable String token() {
        return null;
    }
}
