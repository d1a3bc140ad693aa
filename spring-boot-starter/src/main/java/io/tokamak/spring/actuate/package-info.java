/** What operators see of a program's client: health and metrics. */
@NullMarked
package io.tokamak.spring.actuate;

import org.jspecify.annotations.NullMarked;
