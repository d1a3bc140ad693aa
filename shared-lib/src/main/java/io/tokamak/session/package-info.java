/**
 * What an attached process shares with its node: {@link io.tokamak.session.Session} is the
 * process's place at the node, {@link io.tokamak.session.PinTable} keeps bytes from being reused,
 * {@link io.tokamak.session.AccessLog} reports what was read, and {@link
 * io.tokamak.session.Control} is for what may take a system call's time.
 *
 * <p>The client's side of R2, R6 and R7 of {@code docs/memory-ordering.md} stands here.
 */
@NullMarked
package io.tokamak.session;

import org.jspecify.annotations.NullMarked;
