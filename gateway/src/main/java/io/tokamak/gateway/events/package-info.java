/**
 * What happened in the store: one watch on the node for all who listen, and a log to resume from.
 */
@NullMarked
package io.tokamak.gateway.events;

import org.jspecify.annotations.NullMarked;
