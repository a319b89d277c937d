/**
 * The load generator as its parent sees it.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Job, LoadResult } from './load-generator.js';

type Reply = { readonly result: LoadResult } | { readonly error: string };

export class LoadGenerator {
  readonly #child: ChildProcess;
  #reply: (reply: Reply) => void = () => undefined;

  constructor() {
    this.#child = fork(fileURLToPath(new URL('./load-generator.js', import.meta.url)));
    this.#child.on('message', (reply: Reply) => this.#reply(reply));
    this.#child.on('exit', () => this.#reply({ error: 'it ended' }));
  }

  /** One job at a time. */
  async run(job: Job): Promise<LoadResult> {
    const replied = new Promise<Reply>((resolve) => {
      this.#reply = resolve;
    });
    this.#child.send(job);
    const reply = await replied;
    if ('error' in reply) throw new Error(`the load generator failed: ${reply.error}`);
    return reply.result;
  }

  async close(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.disconnect();
    await ended;
  }
}
