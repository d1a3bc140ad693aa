/** The gateway: REST, gRPC and the dashboard in front of the nodes. */
@NullMarked
package io.tokamak.gateway;

import org.jspecify.annotations.NullMarked;
