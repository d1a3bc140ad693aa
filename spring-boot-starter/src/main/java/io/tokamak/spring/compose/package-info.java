/** The gateway of a {@code compose.yml} that Spring Boot starts or finds. */
@NullMarked
package io.tokamak.spring.compose;

import org.jspecify.annotations.NullMarked;
