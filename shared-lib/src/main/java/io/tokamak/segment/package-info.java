/**
 * Writing into the pool: {@link io.tokamak.segment.Lanes} hands out leased extents, {@link
 * io.tokamak.segment.Lane} is one of them with its tail, {@link io.tokamak.segment.RecordHeader} is
 * what stands before an object's bytes, and {@link io.tokamak.segment.Doorbell} wakes the node.
 *
 * <p>The writer's side of R5, R8 and R9 of {@code docs/memory-ordering.md} stands here.
 */
@NullMarked
package io.tokamak.segment;

import org.jspecify.annotations.NullMarked;
