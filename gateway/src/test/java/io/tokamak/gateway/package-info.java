@NullMarked
package io.tokamak.gateway;

import org.jspecify.annotations.NullMarked;
