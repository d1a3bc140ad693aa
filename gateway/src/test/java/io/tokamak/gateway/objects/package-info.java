@NullMarked
package io.tokamak.gateway.objects;

import org.jspecify.annotations.NullMarked;
