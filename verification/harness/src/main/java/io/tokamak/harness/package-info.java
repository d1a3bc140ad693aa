/** Starts the programs of this project for tests. */
@NullMarked
package io.tokamak.harness;

import org.jspecify.annotations.NullMarked;
