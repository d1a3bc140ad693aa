@NullMarked
package io.tokamak.spring.test;

import org.jspecify.annotations.NullMarked;
