/** The table of calls as an OpenAPI document, and a page to try them. */
@NullMarked
package io.tokamak.gateway.openapi;

import org.jspecify.annotations.NullMarked;
