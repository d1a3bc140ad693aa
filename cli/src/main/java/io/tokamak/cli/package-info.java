/** The command line. */
@NullMarked
package io.tokamak.cli;

import org.jspecify.annotations.NullMarked;
