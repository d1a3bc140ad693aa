@NullMarked
package io.tokamak.spring.cache;

import org.jspecify.annotations.NullMarked;
