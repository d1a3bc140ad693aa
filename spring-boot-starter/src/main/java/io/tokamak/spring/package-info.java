/**
 * A {@link io.tokamak.client.TokamakClient} for Spring Boot programs, from {@code tokamak.client.*}
 * properties or from {@link io.tokamak.spring.TokamakConnectionDetails}.
 */
@NullMarked
package io.tokamak.spring;

import org.jspecify.annotations.NullMarked;
