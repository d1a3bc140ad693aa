package io.tokamak.values.tensor;

/** A complex number. */
public record Complex(double real, double imaginary) {}
