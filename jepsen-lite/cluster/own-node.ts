/** One Kvorum node of our own: a real process that is started, killed, paused and watched. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'undici';
import { NodeProcess } from './node-process.js';

const launcher = join(import.meta.dirname, '..', '..', '..', 'bin', 'kvorum.js');
const askMs = 500;
const stopMsMax = 10_000;

export interface NodeOptions {
  readonly id: number;
  readonly zone: string;
  /** Its HTTP port itself, not a proxy before it. */
  readonly endpoint: string;
  readonly folder: string;
  readonly args: readonly string[];
  readonly logFile: string;
  /** Modules that are loaded before the product; they know how to reach the harness. */
  readonly preloads?: readonly string[];
}

export class OwnNode {
  readonly id: number;
  readonly zone: string;
  readonly endpoint: string;
  readonly folder: string;
  readonly logFile: string;
  readonly #args: readonly string[];
  readonly #preloads: readonly string[];
  #process: NodeProcess | undefined;
  /** Its end is expected, for we ask for it or do what may cause it. */
  #meant = true;
  /** Ends that nobody had asked for, in words. */
  readonly crashes: string[] = [];

  constructor({ id, zone, endpoint, folder, args, logFile, preloads = [] }: NodeOptions) {
    this.id = id;
    this.zone = zone;
    this.endpoint = endpoint;
    this.folder = folder;
    this.logFile = logFile;
    this.#args = args;
    this.#preloads = preloads;
  }

  get name(): string {
    return `n${this.id}`;
  }

  get running(): boolean {
    return this.#process?.running === true;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  start(): void {
    if (this.running) return;
    const preloads = this.#preloads.flatMap((module) => ['--import', module]);
    const started = new NodeProcess(process.execPath, [...preloads, launcher, ...this.#args], {
      logFile: this.logFile,
      // Ctrl-C ends the clients first, and the nodes when those are done.
      ownGroup: true,
      // A preloaded module starts the thread pool before the launcher can set its size.
      environment: { UV_THREADPOOL_SIZE: '16' },
    });
    this.#process = started;
    this.#meant = false;
    void started.ended.then(({ code, signal }) => {
      const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
      if (!this.#meant) this.crashes.push(`node ${this.id} ended ${how}; see ${this.logFile}`);
    });
  }

  /** From now on until the next start its end is no crash. */
  mayEnd(): void {
    this.#meant = true;
  }

  async kill(): Promise<void> {
    this.mayEnd();
    await this.#process?.kill();
  }

  /** In order; by force when that takes too long. */
  async stop(): Promise<void> {
    const stopped = this.#process;
    if (stopped === undefined) return;
    this.mayEnd();
    stopped.signal('SIGCONT');
    stopped.signal('SIGTERM');
    const timer = setTimeout(() => stopped.signal('SIGKILL'), stopMsMax);
    await stopped.ended;
    clearTimeout(timer);
  }

  pause(): void {
    this.#process?.signal('SIGSTOP');
  }

  resume(): void {
    this.#process?.signal('SIGCONT');
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
