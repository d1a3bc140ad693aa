/**
 * The seam to everything outside of the heap: mapped files, locks, futexes, page advice. No other
 * package touches foreign memory, method handles or variable handles.
 *
 * <p>{@link io.tokamak.memory.Memory} is a region with ordered access, {@link
 * io.tokamak.memory.OpenFile} a file that can be locked and mapped. Linux on x86-64 and aarch64.
 */
@NullMarked
package io.tokamak.memory;

import org.jspecify.annotations.NullMarked;
