/**
 * Objects for callers on the node's host that map its files by themselves: the gateway pins, they
 * read.
 */
@NullMarked
package io.tokamak.gateway.mapping;

import org.jspecify.annotations.NullMarked;
