/**
 * What processes on this host say to the node over the socket {@code control}: {@code
 * tokamak.local.v1.Local}.
 */
@NullMarked
package io.tokamak.node.local;

import org.jspecify.annotations.NullMarked;
