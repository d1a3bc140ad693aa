package io.tokamak.spring.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.boot.test.context.PropertyMapping;

/**
 * Gives a {@code @SpringBootTest} a node of its own, whatever the program's properties say: it
 * starts with the test's context and ends with it. Needs {@code io.tokamak:tokamak-store-service}
 * on the test's class path.
 */
@Documented
@Inherited
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@PropertyMapping("tokamak.embedded")
public @interface EmbeddedTokamak {
    /** False: the node of the program's properties, for one class of many. */
    boolean enabled() default true;

    /** Memory for objects, at least 16MB. */
    String poolSize() default "64MB";
}
