/**
 * Kills nodes and clients at named points and at random ones, and looks at what is left: nothing
 * acknowledged is lost, nothing deleted comes back, and every byte of the pool is accounted for.
 */
@NullMarked
package io.tokamak.verification.crash;

import org.jspecify.annotations.NullMarked;
