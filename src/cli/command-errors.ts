/** How a command fails when nobody made a programming mistake. */
import type { ExitCode } from './exit-codes.js';

/** Wrong usage: told with a hint at the command's help, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A failure that needs no stack trace: told as it is, with its exit code. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: ExitCode;
  constructor(message: string, exitCode: ExitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}
