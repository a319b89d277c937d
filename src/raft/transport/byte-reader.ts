/**
 * Reads what ByteWriter wrote, from bytes that may be anything: each read checks its bounds and
 * throws FormatError, which the decoders turn into an error value.
 */

/** The bytes are not what the format allows; says where. Never leaves the decoders. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
}

export class ByteReader {
  readonly #buffer: Buffer;
  #position = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  get done(): boolean {
    return this.#position >= this.#buffer.length;
  }

  u8(): number {
    const byte = this.#buffer[this.#position];
    if (byte === undefined) return this.fail('the frame ends inside a record');
    this.#position++;
    return byte;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 8; count++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        // One value, one form: what decodes encodes to the same bytes again.
        if (byte === 0 && count > 0) return this.fail('an integer is longer than needed');
        if (value > Number.MAX_SAFE_INTEGER) return this.fail('an integer has over 53 bits');
        return value;
      }
      scale *= 128;
    }
    return this.fail('an integer has over 53 bits');
  }

  /** A view, not a copy. */
  bytes(length: number): Buffer {
    const end = this.#position + length;
    if (end > this.#buffer.length) return this.fail('a length points beyond the frame');
    const view = this.#buffer.subarray(this.#position, end);
    this.#position = end;
    return view;
  }

  fail(why: string): never {
    throw new FormatError(`${why} (at byte ${this.#position} of ${this.#buffer.length})`);
  }
}
