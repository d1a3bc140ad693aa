/** What a Spring program looks like that uses a store. */
@NullMarked
package io.tokamak.examples.spring;

import org.jspecify.annotations.NullMarked;
