/**
 * One structured line per request: failures as warnings or errors, the rest only at debug level.
 * A cluster without a majority fails every request, so warnings have a limit per second; what was
 * left out is counted in the next line. A bug (status 500) is logged with its stack.
 */
import type { Logger } from 'pino';

export interface RequestLine {
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly code?: string;
  readonly detail?: string;
  readonly shard?: number | undefined;
  readonly durationMs: number;
}

export interface RequestLogOptions {
  readonly logger: Logger;
  readonly linesPerSecondMax: number;
  readonly now: () => number;
  readonly onSuppressed: (lines: number) => void;
}

export class RequestLog {
  readonly #options: RequestLogOptions;
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #linesInWindow = 0;
  #suppressed = 0;

  constructor(options: RequestLogOptions) {
    this.#options = options;
  }

  get debug(): boolean {
    return this.#options.logger.isLevelEnabled('debug');
  }

  answered(line: RequestLine): void {
    this.#options.logger.debug(line, 'request answered');
  }

  failed(line: RequestLine): void {
    if (!this.#admit()) return;
    const suppressed = this.#takeSuppressed();
    this.#options.logger.warn({ ...line, ...suppressed }, 'request failed');
  }

  bug(line: RequestLine, error: unknown): void {
    if (!this.#admit()) return;
    const suppressed = this.#takeSuppressed();
    this.#options.logger.error({ ...line, ...suppressed, err: error }, 'request failed by a bug');
  }

  #admit(): boolean {
    const { now, linesPerSecondMax, onSuppressed } = this.#options;
    const time = now();
    if (time - this.#windowStartMs >= 1000) {
      this.#windowStartMs = time;
      this.#linesInWindow = 0;
    }
    if (this.#linesInWindow < linesPerSecondMax) {
      this.#linesInWindow += 1;
      return true;
    }
    this.#suppressed += 1;
    onSuppressed(1);
    return false;
  }

  #takeSuppressed(): { readonly suppressedLines?: number } {
    if (this.#suppressed === 0) return {};
    const suppressedLines = this.#suppressed;
    this.#suppressed = 0;
    return { suppressedLines };
  }
}
