@NullMarked
package io.tokamak.gateway.node;

import org.jspecify.annotations.NullMarked;
