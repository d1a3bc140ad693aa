package io.tokamak.checker;

/**
 * Something that the checker saw.
 *
 * @param check which of the checks it is of
 * @param place where: {@code slot at index+4096}, {@code lane 3 of session 7}
 * @param what what is wrong there, with the numbers
 */
public record Finding(Check check, Severity severity, String place, String what) {

    /** The number in the list of invariants. */
    public int invariant() {
        return check.invariant();
    }

    /** What to do about it. */
    public String remedy() {
        return check.remedy();
    }

    @Override
    public String toString() {
        return severity
                + " I"
                + invariant()
                + ' '
                + check.code()
                + ": "
                + place
                + ": "
                + what
                + "; "
                + remedy();
    }
}
