/** Bytes, text and JSON. */
@NullMarked
package io.tokamak.values.plain;

import org.jspecify.annotations.NullMarked;
