/** A node: the process that owns a pool of objects and its index. */
@NullMarked
package io.tokamak.node;

import org.jspecify.annotations.NullMarked;
