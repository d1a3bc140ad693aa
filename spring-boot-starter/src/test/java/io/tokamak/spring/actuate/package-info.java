@NullMarked
package io.tokamak.spring.actuate;

import org.jspecify.annotations.NullMarked;
