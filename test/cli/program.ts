/** A program of the tests as a child process, and its output as it comes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

interface Test {
  teardown(run: () => unknown): unknown;
}

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly ipc?: boolean;
  /** A process group of its own, as a terminal gives to what is started in it. */
  readonly group?: boolean;
}

const patienceMs = 30_000;

export class Program {
  readonly process: ChildProcess;
  /** Both streams, as they came. */
  output = '';
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;

  /** `name`: a compiled file beside this one, without its ending. */
  constructor(t: Test, name: string, args: readonly string[], options: ProgramOptions = {}) {
    const file = join(import.meta.dirname, `${name}.js`);
    this.process = spawn(process.execPath, [file, ...args], {
      stdio: ['ignore', 'pipe', 'pipe', ...(options.ipc ? (['ipc'] as const) : [])],
      env: { ...process.env, ...options.env },
      detached: options.group ?? false,
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
      });
    }
    // Not 'close': it never comes once the channel was closed from this side.
    const outputs = [this.process.stdout, this.process.stderr].map((stream) =>
      stream ? once(stream, 'end') : undefined,
    );
    this.ended = Promise.all([once(this.process, 'exit'), ...outputs]).then(([[code, signal]]) => ({
      code,
      signal,
    }));
    t.teardown(async () => {
      if (this.process.exitCode === null && !this.process.signalCode) this.process.kill('SIGKILL');
      await this.ended;
    });
  }

  /** Resolves when the output contains the text; rejects when the program ends without it. */
  async until(text: string): Promise<void> {
    const isEnd = this.ended.then(() => true);
    const giveUp = AbortSignal.timeout(patienceMs);
    while (!this.output.includes(text)) {
      const next = Promise.race([
        ...[this.process.stdout, this.process.stderr].flatMap((stream) =>
          stream ? [once(stream, 'data', { signal: giveUp }).then(() => false)] : [],
        ),
        isEnd,
      ]);
      if ((await next) && !this.output.includes(text)) {
        throw new Error(`ended without "${text}"; its output:\n${this.output}`);
      }
    }
  }
}

/** Resolves when no process has this id any more. */
export async function untilGone(pid: number): Promise<void> {
  for (let i = 0; i < 1500; i += 1) {
    if (!isAlive(pid)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`process ${pid} is still there`);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
