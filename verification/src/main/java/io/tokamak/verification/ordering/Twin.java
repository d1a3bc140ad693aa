package io.tokamak.verification.ordering;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A test without one of the orderings that its outer class claims to need. What the outer class
 * forbids is ACCEPTABLE_INTERESTING here.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@interface Twin {
    enum Fails {
        /** Every processor and compiler shows it: a run that does not is a failure. */
        ALWAYS,
        /**
         * x86 keeps the order of loads, that of stores, and loads before stores, and the compiler
         * of JDK 25 does not change it either: the twin is what the rule is for on other
         * processors.
         */
        ON_WEAK_PROCESSORS
    }

    Fails value();
}
