@NullMarked
package io.tokamak.spring;

import org.jspecify.annotations.NullMarked;
