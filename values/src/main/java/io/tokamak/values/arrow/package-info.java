/** Tables as Arrow IPC streams, by arrow-java: {@link io.tokamak.values.arrow.ArrowCodec}. */
@NullMarked
package io.tokamak.values.arrow;

import org.jspecify.annotations.NullMarked;
