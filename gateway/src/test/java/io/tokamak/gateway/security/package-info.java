@NullMarked
package io.tokamak.gateway.security;

import org.jspecify.annotations.NullMarked;
