package io.tokamak.spring.embedded;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * A node inside the program, for development and tests.
 *
 * @param enabled whether the program starts a node and connects to it, whatever tokamak.client.url
 *     and folder say
 * @param folder of the node, on tmpfs; its objects stay when the program ends. Absent: one of its
 *     own below /dev/shm, which is removed then
 * @param poolSize memory for objects, at least 16MB; one object takes an eighth of it at most
 */
@ConfigurationProperties("tokamak.embedded")
record TokamakEmbeddedProperties(
        @DefaultValue("false") boolean enabled,
        @Nullable Path folder,
        @DefaultValue("64MB") DataSize poolSize) {}
