/**
 * A node's objects: the pool, the index, the sessions of attached processes, and the one owner
 * thread that changes them.
 *
 * <p>{@link io.tokamak.node.objects.Store} is the contract. Everything else belongs to the owner
 * thread, which drains lanes, publishes, reclaims, attaches and answers; no other thread touches
 * its state. Other threads hand it commands and get futures.
 */
@NullMarked
package io.tokamak.node.objects;

import org.jspecify.annotations.NullMarked;
