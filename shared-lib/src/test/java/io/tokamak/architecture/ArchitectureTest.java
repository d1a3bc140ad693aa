package io.tokamak.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.Architectures;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.NullMarked;

/** Which package may use which, and what of the JDK only the seam touches. */
@AnalyzeClasses(
        packages = "io.tokamak",
        importOptions = {ImportOption.DoNotIncludeTests.class, ImportOption.DoNotIncludeJars.class})
class ArchitectureTest {
    /** Made from the wire's definition, in a module of its own. */
    private static final String PROTO = "io.tokamak.proto..";

    private static final DescribedPredicate<JavaClass> OURS =
            resideInAPackage("io.tokamak..").and(DescribedPredicate.not(resideInAPackage(PROTO)));

    @ArchTest
    static final ArchRule PACKAGES_USE_THOSE_BELOW_THEM =
            Architectures.layeredArchitecture()
                    .consideringOnlyDependenciesInAnyPackage("io.tokamak..")
                    .ignoreDependency(OURS, resideInAPackage(PROTO))
                    .ignoreDependency(resideInAPackage(PROTO), resideInAPackage(PROTO))
                    .layer("objects")
                    .definedBy("io.tokamak.objects")
                    .layer("memory")
                    .definedBy("io.tokamak.memory")
                    .layer("wire")
                    .definedBy("io.tokamak.wire")
                    .layer("layout")
                    .definedBy("io.tokamak.layout")
                    .layer("segment")
                    .definedBy("io.tokamak.segment")
                    .layer("index")
                    .definedBy("io.tokamak.index")
                    .layer("session")
                    .definedBy("io.tokamak.session")
                    .layer("remote")
                    .definedBy("io.tokamak.remote")
                    .layer("client")
                    .definedBy("io.tokamak.client")
                    .optionalLayer("checker")
                    .definedBy("io.tokamak.checker")
                    .whereLayer("objects")
                    .mayNotAccessAnyLayer()
                    .whereLayer("memory")
                    .mayOnlyAccessLayers("objects")
                    .whereLayer("wire")
                    .mayOnlyAccessLayers("objects")
                    .whereLayer("layout")
                    .mayOnlyAccessLayers("objects", "memory")
                    .whereLayer("segment")
                    .mayOnlyAccessLayers("objects", "memory", "layout")
                    .whereLayer("index")
                    .mayOnlyAccessLayers("objects", "memory", "layout")
                    .whereLayer("session")
                    .mayOnlyAccessLayers("objects", "memory", "layout", "wire")
                    .whereLayer("remote")
                    .mayOnlyAccessLayers("objects", "wire")
                    .whereLayer("client")
                    .mayOnlyAccessLayers(
                            "objects", "memory", "layout", "segment", "index", "session", "remote")
                    .whereLayer("checker")
                    .mayOnlyAccessLayers(
                            "objects", "memory", "layout", "segment", "index", "session")
                    .because("a change has one obvious place; news travels back as events");

    @ArchTest
    static final ArchRule DESCRIPTORS_ARE_ARITHMETIC =
            noClasses()
                    .that()
                    .resideInAPackage("io.tokamak.layout")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage("io.tokamak.memory", "java.lang.foreign", "java.nio")
                    .allowEmptyShould(false)
                    .as("a file's descriptor knows offsets and never touches memory")
                    .because("another language derives its own from it");

    @ArchTest
    static final ArchRule ONLY_THE_SEAM_REACHES_OUT =
            noClasses()
                    .that()
                    .resideOutsideOfPackages("io.tokamak.memory", PROTO)
                    .should()
                    .dependOnClassesThat(
                            type(Linker.class)
                                    .or(type(Linker.Option.class))
                                    .or(type(SymbolLookup.class))
                                    .or(type(FunctionDescriptor.class))
                                    .or(type(VarHandle.class))
                                    .or(type(MethodHandle.class))
                                    .or(type(MethodHandles.class))
                                    .or(resideInAnyPackage("sun.misc..", "jdk.internal.."))
                                    .as("Linker, VarHandle, Unsafe and their like"))
                    .because(
                            "every ordered access and every system call stands in"
                                    + " io.tokamak.memory");

    /** A copy shows a caller's segment to helping threads for as long as the caller waits. */
    private static final String COPIER = "io.tokamak.client.Copier";

    @ArchTest
    static final ArchRule SEGMENTS_ARE_NOT_CONJURED =
            noClasses()
                    .that()
                    .resideOutsideOfPackages("io.tokamak.memory", PROTO)
                    .and()
                    .doNotHaveFullyQualifiedName(COPIER)
                    .should()
                    .callMethod(MemorySegment.class, "reinterpret", long.class)
                    .orShould()
                    .callMethod(MemorySegment.class, "ofAddress", long.class)
                    .because("only the seam turns a number into memory (I9)");

    @ArchTest
    static final ArchRule ARENAS_ARE_FOR_WHO_MAPS_AND_SHOWS =
            noClasses()
                    .that()
                    .resideInAnyPackage(
                            "io.tokamak.objects",
                            "io.tokamak.layout",
                            "io.tokamak.segment",
                            "io.tokamak.index")
                    .should()
                    .dependOnClassesThat(type(Arena.class))
                    .because(
                            "how long memory lives is decided where it is mapped: attachment,"
                                    + " views, checker");

    @ArchTest
    static final ArchRule NO_FRAMEWORK =
            noClasses()
                    .that(OURS)
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(
                            "org.springframework..",
                            "jakarta..",
                            "javax.inject..",
                            "com.hazelcast..",
                            "reactor..")
                    .because("a program embeds this library");

    @ArchTest
    static final ArchRule OBJECTS_ARE_PURE =
            classes()
                    .that()
                    .resideInAPackage("io.tokamak.objects")
                    .should()
                    .onlyDependOnClassesThat()
                    .resideInAnyPackage(
                            "io.tokamak.objects",
                            "java..",
                            "net.openhft.chronicle..",
                            "org.jspecify.annotations",
                            "com.google.errorprone.annotations");

    @ArchTest
    static void packagesAreNullMarked(JavaClasses classes) {
        Set<String> unmarked = new TreeSet<>();
        for (JavaClass type : classes) {
            if (OURS.test(type) && !type.getPackage().isAnnotatedWith(NullMarked.class)) {
                unmarked.add(type.getPackageName());
            }
        }
        assertThat(unmarked)
                .as("packages whose package-info.java does not say @NullMarked")
                .isEmpty();
    }
}
