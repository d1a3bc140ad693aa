/**
 * A Spring {@code CacheManager} whose caches lie in the store: every program of the host reads an
 * entry where one of them put it.
 *
 * <p>A cache is a namespace, an entry an object with the key as its name, in one group that {@code
 * clear} deletes. Objects are immutable: a put over an entry deletes it and puts anew, so that
 * readers may see neither of the two for a moment, and never a mixture.
 */
@NullMarked
package io.tokamak.spring.cache;

import org.jspecify.annotations.NullMarked;
