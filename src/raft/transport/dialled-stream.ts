/**
 * Keeps one outgoing stream to one peer alive: dials, waits, dials again.
 */
import { BackOff } from './back-off.js';
import type { TransportContext } from './context.js';
import { DialAttempt, type DialAttemptOptions } from './dial-attempt.js';
import type { FramedSocket } from './framed-socket.js';
import type { Hello } from './hello.js';
import { Link, type LinkUser } from './link.js';

export interface DialledStreamOptions
  extends Pick<DialAttemptOptions, 'context' | 'node' | 'kind' | 'admit'> {
  readonly address: string;
  readonly user: LinkUser;
  /** A string: this process must not be linked to now, for this reason. */
  readonly conflict: (hello: Hello) => string | undefined;
  readonly onUp: (stream: DialledStream) => void;
  /** An attempt failed or the link was lost. */
  readonly onDown: (stream: DialledStream, reason: string) => void;
}

export class DialledStream {
  readonly #options: DialledStreamOptions;
  readonly #context: TransportContext;
  readonly #backOff: BackOff;
  #address: string;
  #link: Link | undefined;
  #attempt: DialAttempt | undefined;
  #cancelWait: (() => void) | undefined;
  #lastError: string | undefined;
  #closed = false;

  constructor(options: DialledStreamOptions) {
    this.#options = options;
    this.#context = options.context;
    this.#address = options.address;
    const { backOffMinMs, backOffMaxMs } = options.context.limits;
    const { random } = options.context;
    this.#backOff = new BackOff({ minMs: backOffMinMs, maxMs: backOffMaxMs, random });
  }

  get kind() {
    return this.#options.kind;
  }

  /** Undefined while there is no established link. */
  get link(): Link | undefined {
    return this.#link;
  }

  get lastError(): string | undefined {
    return this.#lastError;
  }

  dial(): void {
    this.#cancelWait?.();
    this.#cancelWait = undefined;
    if (this.#closed || this.#link !== undefined || this.#attempt !== undefined) return;
    const attempt = new DialAttempt({
      context: this.#context,
      node: this.#options.node,
      kind: this.#options.kind,
      address: this.#address,
      admit: this.#options.admit,
      established: (socket, hello) => this.#established(socket, hello),
      failed: (reason) => this.#down(reason),
    });
    this.#attempt = attempt;
    attempt.start();
  }

  /** The peer was heard of just now: no reason to wait any longer. */
  dialNow(): void {
    if (this.#cancelWait !== undefined) this.dial();
  }

  setAddress(address: string): void {
    if (address === this.#address) return;
    this.#address = address;
    this.#backOff.reset();
    if (this.#link !== undefined) {
      // Its loss dials the new address.
      this.#link.close('the address of the peer changed');
      return;
    }
    const dialling = this.#attempt !== undefined || this.#cancelWait !== undefined;
    this.#attempt?.abort();
    this.#attempt = undefined;
    if (dialling) this.dial();
  }

  close(): void {
    this.#closed = true;
    this.#cancelWait?.();
    this.#attempt?.abort();
    this.#link?.close('this node is closing');
  }

  #established(socket: FramedSocket, hello: Hello): void {
    this.#attempt = undefined;
    const conflict = this.#options.conflict(hello);
    if (conflict !== undefined) {
      socket.close(conflict);
      this.#down(conflict);
      return;
    }
    const { clock, limits, scratch } = this.#context;
    this.#lastError = undefined;
    this.#link = new Link({
      socket,
      hello,
      clock,
      limits,
      scratch,
      user: {
        onContent: (link, content) => this.#options.user.onContent(link, content),
        onClosed: (link, reason) => this.#lost(link, reason),
      },
    });
    this.#options.onUp(this);
  }

  #lost(link: Link, reason: string): void {
    this.#link = undefined;
    const livedMs = this.#context.clock.monotonicMs() - link.openedAtMs;
    if (livedMs >= this.#context.limits.connectionGoodMs) this.#backOff.reset();
    this.#options.user.onClosed(link, reason);
    this.#down(reason);
  }

  #down(reason: string): void {
    this.#attempt = undefined;
    this.#lastError = reason;
    if (this.#closed) return;
    const waitMs = this.#backOff.nextMs();
    this.#cancelWait = this.#context.clock.after(waitMs, () => this.dial());
    this.#options.onDown(this, reason);
  }
}
