/**
 * Cuts a stream between two Kvorum nodes where its frames end, so that a proxy can lose, double or
 * change whole ones. It begins with an HTTP head, as an upgrade does; then each frame says its
 * length (magic, checksum, length, payload). Any other stream is passed as it comes.
 */

export type TakePiece = (piece: Buffer, isFrame: boolean) => void;

const headBegins = [Buffer.from('GET /kvorum/peer '), Buffer.from('HTTP/1.1 101 ')];
const headEnd = Buffer.from('\r\n\r\n');
const headBytesMax = 64 * 1024;
/** "KvF1", little-endian. */
export const frameMagic = 0x3146764b;
export const frameHeaderBytes = 12;

export class FrameCutter {
  readonly #take: TakePiece;
  #state: 'head' | 'frames' | 'raw' = 'head';
  #kept: Buffer[] = [];
  #keptBytes = 0;
  /** Before that many bytes are there it makes no sense to look. */
  #neededBytes = 0;

  constructor(take: TakePiece) {
    this.#take = take;
  }

  push(chunk: Buffer): void {
    if (this.#state === 'raw') {
      this.#take(chunk, false);
      return;
    }
    this.#kept.push(chunk);
    this.#keptBytes += chunk.length;
    if (this.#keptBytes < this.#neededBytes) return;
    let rest = this.#kept.length === 1 ? chunk : Buffer.concat(this.#kept);
    if (this.#state === 'head') rest = this.#cutHead(rest);
    if (this.#state === 'frames') rest = this.#cutFrames(rest);
    this.#kept = rest.length === 0 ? [] : [rest];
    this.#keptBytes = rest.length;
  }

  /** What never became whole goes as it is. */
  end(): void {
    if (this.#keptBytes > 0) this.#take(Buffer.concat(this.#kept), false);
    this.#kept = [];
    this.#keptBytes = 0;
  }

  #cutHead(bytes: Buffer): Buffer {
    const mayBeHead = headBegins.some((begin) => {
      const length = Math.min(begin.length, bytes.length);
      return begin.subarray(0, length).equals(bytes.subarray(0, length));
    });
    if (!mayBeHead || bytes.length > headBytesMax) return this.#passAll(bytes);
    const end = bytes.indexOf(headEnd);
    if (end === -1) return bytes;
    this.#state = 'frames';
    this.#take(bytes.subarray(0, end + headEnd.length), false);
    return bytes.subarray(end + headEnd.length);
  }

  #cutFrames(bytes: Buffer): Buffer {
    let rest = bytes;
    for (;;) {
      this.#neededBytes = frameHeaderBytes;
      if (rest.length < frameHeaderBytes) return rest;
      if (rest.readUInt32LE(0) !== frameMagic) return this.#passAll(rest);
      this.#neededBytes = frameHeaderBytes + rest.readUInt32LE(8);
      if (rest.length < this.#neededBytes) return rest;
      this.#take(rest.subarray(0, this.#neededBytes), true);
      rest = rest.subarray(this.#neededBytes);
    }
  }

  #passAll(bytes: Buffer): Buffer {
    this.#state = 'raw';
    this.#take(bytes, false);
    return bytes.subarray(bytes.length);
  }
}
