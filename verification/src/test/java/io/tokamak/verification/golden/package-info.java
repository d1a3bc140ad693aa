@NullMarked
package io.tokamak.verification.golden;

import org.jspecify.annotations.NullMarked;
