@NullMarked
package io.tokamak.spring.embedded;

import org.jspecify.annotations.NullMarked;
