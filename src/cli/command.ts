/** What a command of `kvorum` is, and what it runs with. */
import type { ExitCode } from './exit-codes.js';
import type { Flags } from './flags.js';

export interface Flag {
  /** Without the dashes. */
  readonly name: string;
  /** What stands after the flag in help; a flag without one is a switch. */
  readonly value?: string;
  /** May be given several times. */
  readonly multiple?: boolean;
  readonly help: string;
}

export interface Command {
  /** One to three words. */
  readonly name: string;
  readonly summary: string;
  /** What follows the name, for example `KEY [VALUE]`. */
  readonly operands: string;
  readonly operandsMin: number;
  readonly operandsMax: number;
  readonly flags: readonly Flag[];
  /** Paragraphs below the flags. */
  readonly notes: readonly string[];
  readonly examples: readonly (readonly [line: string, why: string])[];
  /** Loaded when it runs, so that `kvorum get` does not wait for a server's code. */
  load(): Promise<Run>;
}

export type Run = (invocation: Invocation, context: Context) => Promise<ExitCode>;

export interface Invocation {
  readonly flags: Flags;
  readonly operands: readonly string[];
}

export interface Output {
  write(chunk: string | Uint8Array): unknown;
  readonly isTTY?: boolean;
}

export interface Input extends AsyncIterable<string | Uint8Array> {
  readonly isTTY?: boolean;
}

/** The process around a command; tests bring their own. */
export interface Context {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
}
