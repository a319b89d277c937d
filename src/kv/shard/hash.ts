/**
 * The hash that names a key's shard: XXH32 with seed 0 over the key's raw bytes, or over its hash
 * tag when it has one. It is part of the data format (row ids begin with it), so it never changes;
 * `test/kv/shard/fixtures/hash-vectors.json` pins it.
 *
 * Seed 0 is what `xxhsum -H0` and every other implementation use unless told otherwise, so that
 * anybody can compute a key's shard outside. The WebAssembly module is compiled once, while this
 * module loads: whoever can import `hashOf` can call it, nobody can forget to initialise it.
 */
import createHasher from 'xxhash-wasm';

const hashSeed = 0;
const openBrace = 0x7b;
const closeBrace = 0x7d;

const { h32Raw } = await createHasher();

/** The hash of a key: 0 to 2^32 - 1. */
export function hashOf(key: Uint8Array): number {
  const open = key.indexOf(openBrace);
  return open === -1 ? h32Raw(key, hashSeed) : h32Raw(taggedPart(key, open), hashSeed);
}

/** The hash of bytes that are no key: places on the ring. Braces mean nothing here. */
export function hashBytes(bytes: Uint8Array): number {
  return h32Raw(bytes, hashSeed);
}

/**
 * The bytes that decide: between the first `{` and the first `}` after it, if that is not empty.
 * An empty tag means the whole key, also when a later pair of braces is not empty: the rule of
 * Redis Cluster ("foo{}{bar}" hashes as a whole), which users of hash tags know.
 */
function taggedPart(key: Uint8Array, open: number): Uint8Array {
  const close = key.indexOf(closeBrace, open + 1);
  if (close === -1 || close === open + 1) return key;
  return key.subarray(open + 1, close);
}
