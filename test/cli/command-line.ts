/** Runs a command line of `kvorum` inside the test process, with streams of its own. */
import { Readable } from 'node:stream';
import type { Command, Context, Invocation, Output } from '../../src/cli/command.js';
import { commands } from '../../src/cli/commands.js';
import { parseInvocation } from '../../src/cli/invocation.js';
import { runCommandLine } from '../../src/cli/main.js';

export interface Around {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Uint8Array;
  readonly isTTY?: boolean;
}

export interface Ended {
  readonly code: number;
  readonly stdout: Buffer;
  /** The same as text. */
  readonly out: string;
  readonly err: string;
}

export async function runCli(args: readonly string[], around: Around = {}): Promise<Ended> {
  const { context, stdout, stderr } = fakeContext(around);
  const code = await runCommandLine(args, context);
  const bytes = stdout.bytes();
  return { code, stdout: bytes, out: bytes.toString(), err: stderr.bytes().toString() };
}

export function fakeContext({ env = {}, stdin = '', isTTY = false }: Around = {}) {
  const stdout = new Collector(isTTY);
  const stderr = new Collector(isTTY);
  const input = Object.assign(Readable.from([Buffer.from(stdin)]), { isTTY });
  const context: Context = { env, stdin: input, stdout, stderr };
  return { context, stdout, stderr };
}

export class Collector implements Output {
  readonly isTTY: boolean;
  readonly #chunks: Buffer[] = [];

  constructor(isTTY = false) {
    this.isTTY = isTTY;
  }

  write(chunk: string | Uint8Array): void {
    this.#chunks.push(Buffer.from(chunk as Uint8Array));
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}

export function commandNamed(name: string): Command {
  const command = commands.find((candidate) => candidate.name === name);
  if (!command) throw new Error(`there is no command ${name}`);
  return command;
}

export function invocationOf(name: string, args: readonly string[]): Invocation {
  return parseInvocation(commandNamed(name), args);
}
