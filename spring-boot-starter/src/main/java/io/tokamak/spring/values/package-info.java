/** Values, not bytes: {@link io.tokamak.values.Values} with the program's own codecs. */
@NullMarked
package io.tokamak.spring.values;

import org.jspecify.annotations.NullMarked;
