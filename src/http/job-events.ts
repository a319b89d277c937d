/**
 * A job as a stream of server-sent events. Each event is the whole job, so a client that lost the
 * stream only has to open it again, and one that reads slowly is spared what is outdated: it gets
 * the newest state when it is ready for more.
 */
import { Readable } from 'node:stream';
import { isActive, type JobState } from '../kv/balance/job-document.js';

export interface JobEventsOptions {
  /** As it is now; undefined: it was cleared away. */
  readonly job: () => { readonly state: JobState; readonly view: object } | undefined;
  readonly onChange: (run: () => void) => () => void;
  readonly draining: () => boolean;
}

/** Silence for longer would let proxies cut the connection. */
const heartbeatMs = 15_000;
const lookMs = 1_000;

export class JobEvents extends Readable {
  readonly #options: JobEventsOptions;
  readonly #endListening: () => void;
  readonly #timer: NodeJS.Timeout;
  #ready = false;
  #over = false;
  #last = '';
  #sentMs = performance.now();

  constructor(options: JobEventsOptions) {
    super({ highWaterMark: 1 });
    this.#options = options;
    this.#endListening = options.onChange(() => this.#send());
    this.#timer = setInterval(() => this.#look(), lookMs);
    this.#timer.unref();
  }

  override _read(): void {
    this.#ready = true;
    this.#send();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#over = true;
    clearInterval(this.#timer);
    this.#endListening();
    done(error);
  }

  #send(): void {
    if (!this.#ready || this.#over) return;
    const job = this.#options.job();
    if (job === undefined) return this.#end();
    const text = JSON.stringify(job.view);
    const news = text !== this.#last;
    if (news) this.#write(`event: job\ndata: ${text}\n\n`);
    this.#last = text;
    if (!isActive(job)) this.#end();
  }

  #look(): void {
    if (this.#options.draining()) return this.#end();
    // Rates and times change without a change of the document.
    this.#send();
    const quiet = performance.now() - this.#sentMs >= heartbeatMs;
    if (quiet && this.#ready && !this.#over) this.#write(': nothing new\n\n');
  }

  #write(text: string): void {
    this.#sentMs = performance.now();
    this.#ready = false;
    this.push(text);
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.push(null);
  }
}
