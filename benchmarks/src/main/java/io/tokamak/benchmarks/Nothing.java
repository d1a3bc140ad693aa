package io.tokamak.benchmarks;

/** A program that does nothing: what a Java process takes at least. */
final class Nothing {
    private Nothing() {}

    public static void main(String[] args) {}
}
