/** One Kvorum node of our own: a real process that is started, killed, paused and watched. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'undici';

const launcher = join(import.meta.dirname, '..', '..', '..', 'bin', 'kvorum.js');
const askMs = 500;
const stopMsMax = 10_000;

const running = new Set<ChildProcess>();
// Whatever ends this process in order, no node outlives it.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export interface NodeOptions {
  readonly id: number;
  readonly endpoint: string;
  readonly args: readonly string[];
  readonly logFile: string;
}

export class OwnNode {
  readonly id: number;
  readonly endpoint: string;
  readonly logFile: string;
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  #meant = true;
  /** Ends that nobody had asked for, in words. */
  readonly crashes: string[] = [];

  constructor({ id, endpoint, args, logFile }: NodeOptions) {
    this.id = id;
    this.endpoint = endpoint;
    this.logFile = logFile;
    this.#args = args;
  }

  get running(): boolean {
    const child = this.#child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    if (this.running) return;
    const log = openSync(this.logFile, 'a');
    // In a group of its own: Ctrl-C ends the clients first, and the nodes when those are done.
    const child = spawn(process.execPath, [launcher, ...this.#args], {
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    running.add(child);
    this.#child = child;
    this.#meant = false;
    this.#ended = once(child, 'exit').then(([code, signal]) => {
      running.delete(child);
      const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
      if (!this.#meant) this.crashes.push(`node ${this.id} ended ${how}; see ${this.logFile}`);
    });
  }

  async kill(): Promise<void> {
    this.#meant = true;
    this.#child?.kill('SIGKILL');
    await this.#ended;
  }

  /** In order; by force when that takes too long. */
  async stop(): Promise<void> {
    this.#meant = true;
    this.#child?.kill('SIGCONT');
    this.#child?.kill('SIGTERM');
    const timer = setTimeout(() => this.#child?.kill('SIGKILL'), stopMsMax);
    await this.#ended;
    clearTimeout(timer);
  }

  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  async answers(): Promise<boolean> {
    return (await this.#status('/livez')) !== undefined;
  }

  async ready(): Promise<boolean> {
    return (await this.#status('/readyz')) === 200;
  }

  logEnd(characters: number): string {
    try {
      return readFileSync(this.logFile, 'utf8').slice(-characters);
    } catch {
      return '';
    }
  }

  async #status(path: string): Promise<number | undefined> {
    try {
      const signal = AbortSignal.timeout(askMs);
      const { statusCode, body } = await request(this.endpoint + path, { signal });
      await body.dump();
      return statusCode;
    } catch {
      // No answer is what was asked about.
      return undefined;
    }
  }
}
