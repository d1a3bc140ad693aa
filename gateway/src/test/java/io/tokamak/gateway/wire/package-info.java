/** Protocols by hand, for tests. */
@NullMarked
package io.tokamak.gateway.wire;

import org.jspecify.annotations.NullMarked;
