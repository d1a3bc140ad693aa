@NullMarked
package io.tokamak.gateway.grpc;

import org.jspecify.annotations.NullMarked;
