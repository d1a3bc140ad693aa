/**
 * Who may call: bearer tokens; and without them no address that others reach, and no page of others
 * in a browser on this host.
 */
@NullMarked
package io.tokamak.gateway.security;

import org.jspecify.annotations.NullMarked;
