/**
 * The id that follows a request through answers and logs of all nodes it touches. A caller's own
 * id is kept when it is plain enough to be safe in headers, logs and JSON; anything else is not an
 * error but replaced, since a proxy may have set it without the caller's knowledge.
 */
import { randomBytes } from 'node:crypto';
import { requestIdBytesMax } from './limits.js';

const sane = new RegExp(`^[A-Za-z0-9._:/+=@-]{1,${requestIdBytesMax}}$`);

export class RequestIds {
  readonly #prefix: string;
  #next = 1;

  /** `node` makes ids of different nodes differ, the random part those of different lives. */
  constructor(node: number, random = randomBytes(5).toString('hex')) {
    this.#prefix = `${node}-${random}-`;
  }

  /** The first sane one of the given ids, else a new one. */
  take(given: string | undefined, alsoGiven: string | undefined): string {
    if (given !== undefined && sane.test(given)) return given;
    if (alsoGiven !== undefined && sane.test(alsoGiven)) return alsoGiven;
    const number = this.#next;
    this.#next += 1;
    return this.#prefix + number.toString(36);
  }
}
