/**
 * The rules of {@code docs/memory-ordering.md} under jcstress: a class for each claim, with its
 * hypothesis, and twins that leave an ordering out. {@link
 * io.tokamak.verification.ordering.Verdict} says whether all hold and all twins that can fail on
 * this machine did.
 */
@NullMarked
package io.tokamak.verification.ordering;

import org.jspecify.annotations.NullMarked;
