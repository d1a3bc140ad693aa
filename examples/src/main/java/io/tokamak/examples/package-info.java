/** What programs look like that use a store. */
@NullMarked
package io.tokamak.examples;

import org.jspecify.annotations.NullMarked;
