package io.tokamak.values.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.Architectures;

/** Which package may use which, and where the libraries are that each brings. */
@AnalyzeClasses(
        packages = "io.tokamak.values",
        importOptions = {ImportOption.DoNotIncludeTests.class, ImportOption.DoNotIncludeJars.class})
class ArchitectureTest {
    @ArchTest
    static final ArchRule CODECS_STAND_ON_THE_INTERFACE_AND_NOT_IN_IT =
            Architectures.layeredArchitecture()
                    .consideringOnlyDependenciesInAnyPackage("io.tokamak.values..")
                    .layer("values")
                    .definedBy("io.tokamak.values")
                    .layer("plain")
                    .definedBy("io.tokamak.values.plain")
                    .optionalLayer("tensor")
                    .definedBy("io.tokamak.values.tensor")
                    .optionalLayer("graph")
                    .definedBy("io.tokamak.values.graph")
                    .optionalLayer("arrow")
                    .definedBy("io.tokamak.values.arrow")
                    .whereLayer("values")
                    .mayNotAccessAnyLayer()
                    .whereLayer("plain")
                    .mayOnlyAccessLayers("values")
                    .whereLayer("tensor")
                    .mayOnlyAccessLayers("values")
                    .whereLayer("arrow")
                    .mayOnlyAccessLayers("values")
                    .whereLayer("graph")
                    .mayOnlyAccessLayers("values", "tensor")
                    .because("a codec is found, never named, and so is one of a program's own");

    @ArchTest
    static final ArchRule FORY_IS_IN_ONE_PLACE =
            onlyIn("io.tokamak.values.graph", "org.apache.fory..");

    @ArchTest
    static final ArchRule ARROW_IS_IN_ONE_PLACE =
            onlyIn("io.tokamak.values.arrow", "org.apache.arrow..");

    @ArchTest
    static final ArchRule NO_FRAMEWORK =
            noClasses()
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage("org.springframework..", "com.hazelcast..", "reactor..")
                    .because("a program embeds this library");

    private static ArchRule onlyIn(String place, String library) {
        return noClasses()
                .that(not(resideInAPackage(place)))
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library)
                .because("a program that leaves the library out uses the rest");
    }
}
