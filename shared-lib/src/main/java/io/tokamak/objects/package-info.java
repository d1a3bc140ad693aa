/**
 * What an object is called, described by and limited to, and every way a request can fail.
 *
 * <p>Values are immutable, checked when they are made, and may be shared between threads. Nothing
 * here touches a file, a thread or a clock that was not handed in, {@link
 * io.tokamak.objects.Deadline} excepted. All text limits count bytes of UTF-8, because bytes are
 * what is stored and sent.
 *
 * <p>Every failure is a {@link io.tokamak.objects.TokamakException}: its type says what to do next,
 * its code never changes, its numbers are those of the message.
 */
@NullMarked
package io.tokamak.objects;

import org.jspecify.annotations.NullMarked;
