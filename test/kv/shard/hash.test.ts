import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { hashBytes, hashOf } from '../../../src/kv/shard/hash.js';

interface Vector {
  readonly keyHex: string;
  readonly hash: number;
  readonly note: string;
}

const vectorsFile = new URL(
  '../../../../test/kv/shard/fixtures/hash-vectors.json',
  import.meta.url,
);
const vectors: readonly Vector[] = JSON.parse(readFileSync(vectorsFile, 'utf8'));

t.test('hashes the stored vectors as they were when the format was fixed', async (t) => {
  t.ok(vectors.length > 20);
  for (const { keyHex, hash, note } of vectors) {
    t.equal(hashOf(Buffer.from(keyHex, 'hex')), hash, note);
  }
});

t.test('is XXH32 with seed 0 on any bytes', async (t) => {
  const seed = Date.now();
  t.comment(`seed ${seed}`);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1_100 }), (bytes) => {
      const key = Buffer.from(bytes);
      return hashBytes(key) === xxh32(key);
    }),
    { seed },
  );
});

t.test('a tag alone decides, an empty or unclosed one is none', async (t) => {
  const hashesAs = (key: string, tag: string) =>
    t.equal(hashOf(Buffer.from(key)), hashBytes(Buffer.from(tag)), key);
  hashesAs('{user1000}.following', 'user1000');
  hashesAs('{user1000}.followers', 'user1000');
  hashesAs('a{b}c{d}e', 'b');
  hashesAs('foo{}{bar}', 'foo{}{bar}');
  hashesAs('foo{{bar}}zap', '{bar');
  hashesAs('foo{bar', 'foo{bar');
  hashesAs('foo}bar{', 'foo}bar{');
  hashesAs('}{a}', 'a');
  hashesAs('{}', '{}');
});

t.test('a view into a larger buffer hashes like a copy of it', async (t) => {
  const large = Buffer.from('....{tag}x....');
  t.equal(hashOf(large.subarray(4, 10)), hashOf(Buffer.from('{tag}x')));
});

/** XXH32 as its specification writes it, with seed 0. */
function xxh32(input: Buffer): number {
  const [p1, p2, p3, p4, p5] = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1];
  const rotl = (value: number, by: number) => (value << by) | (value >>> (32 - by));
  const round = (lane: number, at: number) =>
    Math.imul(rotl((lane + Math.imul(input.readInt32LE(at), p2)) | 0, 13), p1);
  let at = 0;
  let hash = p5;
  if (input.length >= 16) {
    let lanes: [number, number, number, number] = [(p1 + p2) | 0, p2 | 0, 0, -p1 | 0];
    for (; at + 16 <= input.length; at += 16) {
      const [a, b, c, d] = lanes;
      lanes = [round(a, at), round(b, at + 4), round(c, at + 8), round(d, at + 12)];
    }
    const [a, b, c, d] = lanes;
    hash = rotl(a, 1) + rotl(b, 7) + rotl(c, 12) + rotl(d, 18);
  }
  hash = (hash + input.length) | 0;
  for (; at + 4 <= input.length; at += 4) {
    hash = Math.imul(rotl((hash + Math.imul(input.readInt32LE(at), p3)) | 0, 17), p4);
  }
  for (; at < input.length; at += 1) {
    hash = Math.imul(rotl((hash + Math.imul(input.readUInt8(at), p5)) | 0, 11), p1);
  }
  hash = Math.imul(hash ^ (hash >>> 15), p2);
  hash = Math.imul(hash ^ (hash >>> 13), p3);
  return (hash ^ (hash >>> 16)) >>> 0;
}
