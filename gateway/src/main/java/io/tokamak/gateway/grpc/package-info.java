/**
 * Objects over gRPC, as {@code tokamak/v1/store.proto} promises them: bytes go straight between the
 * buffers of the socket and the node's memory, as fast as the other side takes or gives them.
 */
@NullMarked
package io.tokamak.gateway.grpc;

import org.jspecify.annotations.NullMarked;
