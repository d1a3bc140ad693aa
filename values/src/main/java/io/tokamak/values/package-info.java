/**
 * Values in a store: {@link io.tokamak.values.Values} puts and gets them, a {@link
 * io.tokamak.values.Codec} says how those of a type lie in an object. What an object holds is said
 * by its media type alone.
 */
@NullMarked
package io.tokamak.values;

import org.jspecify.annotations.NullMarked;
