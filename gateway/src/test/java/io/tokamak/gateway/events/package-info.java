@NullMarked
package io.tokamak.gateway.events;

import org.jspecify.annotations.NullMarked;
