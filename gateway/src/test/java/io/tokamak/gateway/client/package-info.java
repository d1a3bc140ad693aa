/** The clients of {@code shared-lib} against a real node and a real gateway. */
@NullMarked
package io.tokamak.gateway.client;

import org.jspecify.annotations.NullMarked;
