@NullMarked
package io.tokamak.spring.compose;

import org.jspecify.annotations.NullMarked;
