/**
 * What a program embeds to put and read immutable objects, in shared memory where it can, over the
 * wire elsewhere.
 */
@NullMarked
package io.tokamak;

import org.jspecify.annotations.NullMarked;
