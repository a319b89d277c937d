/**
 * Collects the body of one request: bounded for the request and, through a shared budget, for the
 * node. What arrives in one piece is taken as it is; more pieces are copied into one buffer that
 * doubles, so that a body sent byte by byte costs its length and not a Buffer per byte.
 */
import type { IncomingMessage } from 'node:http';

/** Bytes that all requests together may hold. What does not fit is refused, not queued. */
export class ByteBudget {
  readonly limit: number;
  #used = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  /**
   * Pieces of bodies that are still on their way may only use half: clients that send large bodies
   * slowly then cannot keep out the small ones, which arrive whole.
   */
  take(bytes: number, options: { readonly whole: boolean }): boolean {
    if (this.#used + bytes > (options.whole ? this.limit : this.limit / 2)) return false;
    this.#used += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#used -= bytes;
  }
}

export type BodyFailure = 'too-large' | 'no-room' | 'cut-off';

export interface BodyOptions {
  readonly bytesMax: number;
  /** As announced; undefined for a chunked body. */
  readonly length: number | undefined;
  readonly budget: ByteBudget;
}

const empty = Buffer.alloc(0);

/**
 * Calls `done` exactly once. On success the caller owes `budget.release(body.length)`; on failure
 * nothing is owed, and the rest of the request is left unread.
 */
export function collectBody(
  request: IncomingMessage,
  options: BodyOptions,
  done: (body: Buffer | BodyFailure) => void,
): void {
  if (options.length === 0) {
    done(empty);
    return;
  }
  const { budget, bytesMax, length: announced } = options;
  let pieces: Buffer = empty;
  let length = 0;
  let finished = false;

  const finish = (result: Buffer | BodyFailure): void => {
    if (finished) return;
    finished = true;
    request.removeListener('data', onData);
    if (announced === undefined) request.removeListener('end', onEnd);
    request.removeListener('close', onClose);
    if (!Buffer.isBuffer(result)) {
      budget.release(length);
      request.pause();
    }
    done(result);
  };
  const onData = (piece: Buffer): void => {
    const whole = piece.length === announced;
    if (length + piece.length > bytesMax) finish('too-large');
    else if (!budget.take(piece.length, { whole })) finish('no-room');
    else {
      pieces = whole ? piece : append(pieces, length, piece, announced ?? bytesMax);
      length += piece.length;
      // An announced body is whole now; waiting for `end` would cost another pass of the loop.
      if (length === announced) onEnd();
    }
  };
  const onEnd = (): void => finish(detached(pieces.subarray(0, length)));
  const onClose = (): void => finish('cut-off');

  request.on('data', onData);
  if (announced === undefined) request.on('end', onEnd);
  request.on('close', onClose);
}

/** `pieces` is a buffer of our own, filled up to `length`; so is what is returned. */
function append(pieces: Buffer, length: number, piece: Buffer, lengthMax: number): Buffer {
  const needed = length + piece.length;
  let target = pieces;
  if (pieces.length < needed) {
    const size = Math.max(needed, Math.min(lengthMax, Math.max(1024, 2 * needed)));
    target = Buffer.allocUnsafeSlow(size);
    pieces.copy(target, 0, 0, length);
  }
  piece.copy(target, length);
  return target;
}

/** A small value must not keep a large read buffer alive for as long as the log keeps the value. */
function detached(body: Buffer): Buffer {
  const held = body.buffer.byteLength;
  return held > 4096 && held > 4 * body.length ? Buffer.from(body) : body;
}
