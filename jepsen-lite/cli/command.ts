/** One command of `jepsen-lite`. */
import type { ExitCode } from './exit-codes.js';
import type { FlagDescription, Flags } from './flags.js';

export interface Context {
  /** One line for people. */
  readonly tell: (line: string) => void;
  /** One line of output proper. */
  readonly print: (line: string) => void;
  /** The command line as it was given, to repeat it. */
  readonly line: string;
  /** Ends what runs, in order; what was seen is judged. */
  readonly signal: AbortSignal;
}

export interface Command {
  readonly name: string;
  /** What follows the name, in the help. */
  readonly takes: string;
  readonly summary: string;
  readonly flags: readonly FlagDescription[];
  /** Behind the flags, in the help. */
  readonly notes: string;
  run(flags: Flags, context: Context): Promise<ExitCode>;
}
