/** The gateway as a client of its node: what every protocol in front of it needs. */
@NullMarked
package io.tokamak.gateway.node;

import org.jspecify.annotations.NullMarked;
