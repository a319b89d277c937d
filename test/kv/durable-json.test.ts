import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import {
  createFolder,
  DamagedFile,
  durableJsonBytesMax,
  readDurableJson,
  writeDurableJson,
} from '../../src/kv/durable-json.js';

t.test('reads back what was written, replaces it, leaves no temporary file', async (t) => {
  const path = join(t.testdir(), 'file.json');
  t.equal(await readDurableJson(path), undefined);
  await writeDurableJson(path, { a: 1, b: ['x'] });
  t.same(await readDurableJson(path), { a: 1, b: ['x'] });
  await writeDurableJson(path, { a: 2 });
  t.same(await readDurableJson(path), { a: 2 });
  t.notOk(existsSync(`${path}.tmp`));
});

t.test('no flipped bit passes as another content', async (t) => {
  const seed = Date.now();
  t.comment(`seed ${seed}`);
  const path = join(t.testdir(), 'file.json');
  const content = { id: 'dev', n: 12 };
  await writeDurableJson(path, content);
  const good = readFileSync(path);
  await fc.assert(
    fc.asyncProperty(fc.nat(good.length - 1), fc.nat(7), async (at, bit) => {
      const bytes = Buffer.from(good);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
      writeFileSync(path, bytes);
      const read = await readDurableJson(path).catch((error: unknown) => error);
      // A flip in white space between the values is no damage to the content.
      t.ok(read instanceof DamagedFile || JSON.stringify(read) === JSON.stringify(content));
    }),
    { seed, numRuns: 200 },
  );
});

t.test('an enormous file is refused instead of parsed', async (t) => {
  const path = join(t.testdir(), 'file.json');
  writeFileSync(path, Buffer.alloc(durableJsonBytesMax + 1, ' '));
  await t.rejects(readDurableJson(path), /more than 1048576/);
});

t.test('creates a folder with those above it, and takes one that is there', async (t) => {
  const path = join(t.testdir(), 'a', 'b', 'c');
  await createFolder(path);
  await createFolder(path);
  t.ok(existsSync(path));
});
