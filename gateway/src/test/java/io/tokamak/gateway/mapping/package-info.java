@NullMarked
package io.tokamak.gateway.mapping;

import org.jspecify.annotations.NullMarked;
