/**
 * Arrays read where they lie: {@link io.tokamak.values.tensor.Tensor} alone as {@code .npy},
 * several by name as safetensors.
 */
@NullMarked
package io.tokamak.values.tensor;

import org.jspecify.annotations.NullMarked;
