/**
 * How errors travel over gRPC: {@link io.tokamak.wire.WireFailure} turns a status with its details
 * back into the exception that it stands for, whether it came from the node's own socket or from a
 * gateway.
 */
@NullMarked
package io.tokamak.wire;

import org.jspecify.annotations.NullMarked;
