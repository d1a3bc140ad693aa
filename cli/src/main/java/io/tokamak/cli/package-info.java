/**
 * The command line: {@link io.tokamak.cli.Tokamak} starts it.
 *
 * <p>A command is a class; it asks {@link io.tokamak.cli.Connection} for a client, writes through
 * {@link io.tokamak.cli.Output}, and throws what went wrong. {@link io.tokamak.cli.Failure} turns
 * that into an exit code and a message, and nobody else does. Start-up counts: no class is loaded
 * that the command at hand does not need.
 */
@NullMarked
package io.tokamak.cli;

import org.jspecify.annotations.NullMarked;
