/**
 * XXH64 over rows, so that replicas of a shard can be compared without sending them: equal rows,
 * equal hash, on every machine. Each field is preceded by its length, so no two lists of rows run
 * into the same bytes.
 */
import createHasher from 'xxhash-wasm';
import type { WholeRow } from './key-rows.js';

const { create64 } = await createHasher();

/** Larger values are hashed where they are instead of being copied together first. */
const gatherBytes = 16 * 1024;

export class RowHash {
  readonly #hash = create64();
  readonly #gathered = Buffer.allocUnsafe(gatherBytes);
  #length = 0;

  row(row: WholeRow): void {
    this.numbers(row.id, row.revision, row.expires);
    this.#lengths(row);
    this.#bytes(row.key);
    this.#bytes(row.content_type);
    this.#bytes(row.value);
  }

  /** Safe integers, 0 or more. */
  numbers(...values: readonly number[]): void {
    for (const value of values) {
      this.#room(8);
      this.#gathered.writeUInt32LE(value % 2 ** 32, this.#length);
      this.#gathered.writeUInt32LE(Math.floor(value / 2 ** 32), this.#length + 4);
      this.#length += 8;
    }
  }

  digest(): bigint {
    this.#flush();
    return this.#hash.digest();
  }

  #lengths({ key, content_type, value }: WholeRow): void {
    this.#room(12);
    this.#gathered.writeUInt32LE(key.length, this.#length);
    this.#gathered.writeUInt32LE(content_type.length, this.#length + 4);
    this.#gathered.writeUInt32LE(value.length, this.#length + 8);
    this.#length += 12;
  }

  #bytes(bytes: Buffer): void {
    if (bytes.length > gatherBytes) {
      this.#flush();
      this.#hash.update(bytes);
      return;
    }
    this.#room(bytes.length);
    bytes.copy(this.#gathered, this.#length);
    this.#length += bytes.length;
  }

  #room(bytes: number): void {
    if (this.#length + bytes > gatherBytes) this.#flush();
  }

  #flush(): void {
    this.#hash.update(this.#gathered.subarray(0, this.#length));
    this.#length = 0;
  }
}
