/** What operators see of a node: health and metrics. */
@NullMarked
package io.tokamak.node.admin;

import org.jspecify.annotations.NullMarked;
