/** Objects over HTTP: streamed from and to the node's memory. */
@NullMarked
package io.tokamak.gateway.objects;

import org.jspecify.annotations.NullMarked;
