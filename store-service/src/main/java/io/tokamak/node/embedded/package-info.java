/** A node inside of another program, for development and tests. */
@NullMarked
package io.tokamak.node.embedded;

import org.jspecify.annotations.NullMarked;
