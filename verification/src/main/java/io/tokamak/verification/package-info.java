/** Suites that need processes of their own: races, crashes, browsers, containers. */
@NullMarked
package io.tokamak.verification;

import org.jspecify.annotations.NullMarked;
