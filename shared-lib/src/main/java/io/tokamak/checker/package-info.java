/**
 * Proves that a store's folder keeps its invariants: {@link io.tokamak.checker.StoreChecker}.
 *
 * <p>It believes nothing that it reads, changes nothing, allocates no shared memory, and works
 * beside a living node as well as on what a killed one left behind.
 */
@NullMarked
package io.tokamak.checker;

import org.jspecify.annotations.NullMarked;
