/**
 * The cluster: Hazelcast members are the nodes, its maps know who has which name and which store
 * number.
 */
@NullMarked
package io.tokamak.node.directory;

import org.jspecify.annotations.NullMarked;
