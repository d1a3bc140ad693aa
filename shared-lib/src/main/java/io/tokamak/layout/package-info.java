/**
 * The formats of a store's files: {@link io.tokamak.layout.StoreFile}, {@link
 * io.tokamak.layout.IndexFile}, {@link io.tokamak.layout.PoolFile} and {@link
 * io.tokamak.layout.SessionFile}.
 *
 * <p>One descriptor per file knows its offsets, and nobody else does. A descriptor holds constants
 * and pure functions of numbers; it never touches memory. All integers are little-endian, bit 0 is
 * the lowest. Object ids are kept as their 16 bytes in the order of their text. The rules {@code
 * R1} to {@code R9} named in the pictures stand in {@code docs/memory-ordering.md}.
 */
@NullMarked
package io.tokamak.layout;

import org.jspecify.annotations.NullMarked;
