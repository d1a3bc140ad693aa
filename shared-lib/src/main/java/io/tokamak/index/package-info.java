/**
 * The hash table from object id to bytes: {@link io.tokamak.index.IndexReader} for everybody,
 * {@link io.tokamak.index.IndexWriter} for the node's owner thread. Both keep R1 and R4 of {@code
 * docs/memory-ordering.md}.
 */
@NullMarked
package io.tokamak.index;

import org.jspecify.annotations.NullMarked;
