/** `kvorum version`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context, Invocation } from './command.js';
import { type ExitCode, exitCodes } from './exit-codes.js';

export async function run(_invocation: Invocation, { stdout }: Context): Promise<ExitCode> {
  stdout.write(
    `kvorum ${ownVersion()} (Node ${process.versions.node}, ${process.platform} ${process.arch})\n`,
  );
  return exitCodes.ok;
}

/** As package.json has it. */
export function ownVersion(): string {
  const file = join(import.meta.dirname, '..', '..', '..', 'package.json');
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return version;
}
