/** Benchmarks: JMH for the operations, a driver for whole processes. */
@NullMarked
package io.tokamak.benchmarks;

import org.jspecify.annotations.NullMarked;
