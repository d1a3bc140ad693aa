/**
 * Any Java values, with all that they refer to, by Apache Fory: {@link
 * io.tokamak.values.graph.GraphCodec}.
 */
@NullMarked
package io.tokamak.values.graph;

import org.jspecify.annotations.NullMarked;
