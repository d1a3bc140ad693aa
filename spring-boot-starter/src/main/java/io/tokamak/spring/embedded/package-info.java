/** A node inside the program, for development and tests: {@code tokamak.embedded.enabled=true}. */
@NullMarked
package io.tokamak.spring.embedded;

import org.jspecify.annotations.NullMarked;
