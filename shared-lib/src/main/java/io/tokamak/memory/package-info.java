/**
 * The seam to everything outside of the heap: mapped files, locks, futexes, page advice. No other
 * package touches foreign memory, method handles or variable handles.
 *
 * <p>{@link io.tokamak.memory.Memory} is a region with ordered access, {@link
 * io.tokamak.memory.OpenFile} a file that can be locked and mapped, {@link
 * io.tokamak.memory.OpenFolder} the folder that it is in.
 *
 * <p>What it promises: no offset, however wrong, makes the process fault (I9); no lock is lost by
 * what other code does with the same files (I14); no symbolic link is followed to a file; modes are
 * exactly what was asked for; what the system refuses is a {@link io.tokamak.memory.NativeFailure}
 * with what was tried, on what, and the error's name. Linux on x86-64 and aarch64, with native
 * access enabled.
 */
@NullMarked
package io.tokamak.memory;

import org.jspecify.annotations.NullMarked;
