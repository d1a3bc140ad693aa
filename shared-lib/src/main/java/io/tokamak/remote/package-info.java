/**
 * What a process elsewhere says to a gateway, over {@code tokamak.v1}: {@link
 * io.tokamak.remote.Gateway} calls, repeats what may be repeated, resumes what broke, and gives
 * everything its deadline; {@link io.tokamak.remote.GatewayAddress} is where it is.
 */
@NullMarked
package io.tokamak.remote;

import org.jspecify.annotations.NullMarked;
