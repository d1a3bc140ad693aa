/**
 * What a program uses: {@link io.tokamak.client.TokamakClient}, and the views and writers that it
 * hands out. Co-located and remote clients stand behind the one interface.
 */
@NullMarked
package io.tokamak.client;

import org.jspecify.annotations.NullMarked;
