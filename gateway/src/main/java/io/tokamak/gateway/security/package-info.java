/** Who may call: bearer tokens, and no address that others reach without them. */
@NullMarked
package io.tokamak.gateway.security;

import org.jspecify.annotations.NullMarked;
