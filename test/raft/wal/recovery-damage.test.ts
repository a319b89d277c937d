/**
 * Damage on the disk, the other half of R18: in the middle of the log it is an error with file,
 * offset and advice, never a silent cut. Only a bad last frame is a torn tail.
 */
import * as fc from 'fast-check';
import t, { type Test } from 'tap';
import { dump } from '../../../src/raft/wal/dump.js';
import { WalError } from '../../../src/raft/wal/errors.js';
import { SimulatedDisk } from '../../simulation/simulated-disk.js';
import { SeededRandom } from '../core/seeded-random.js';
import { LogModel, type Step } from './log-model.js';
import {
  type Opened,
  openOn,
  runs,
  runThrough,
  SEGMENT_BYTES,
  seed,
  steps,
} from './log-on-disk.js';

t.comment(`KVORUM_SEED=${seed}`);

t.test(
  'R18, sys 11: a flipped bit is an error with file and offset, or changes nothing',
  async (t) => {
    let refused = 0;
    const check = async (all: readonly Step[], cut: number, sealed: boolean) => {
      const random = new SeededRandom(cut).next;
      const { disk, snapshot } = await runThrough(all, sealed);
      for (let i = 0; i < 25; i++) {
        const damaged = disk.processKill(1);
        const path = damaged.paths[Math.floor(random() * damaged.paths.length)] ?? '';
        const offset = Math.floor(random() * SEGMENT_BYTES);
        damaged.flipBit(path, offset, Math.floor(random() * 8));
        refused += await refusesOrAgrees(damaged, snapshot);
      }
    };
    const property = fc.asyncProperty(steps(20, 60), fc.nat(), fc.constant(true), check);
    await fc.assert(property, { numRuns: runs(12), seed });
    t.comment(`${refused} refused`);
    t.ok(refused > 50);
  },
);

async function refusesOrAgrees(disk: SimulatedDisk, snapshot: string): Promise<0 | 1> {
  let opened: Opened;
  try {
    opened = await openOn(disk);
  } catch (error) {
    if (!(error instanceof WalError)) throw error;
    if (error.file === undefined || error.offset === undefined) throw error;
    return 1;
  }
  if (opened.snapshot !== snapshot) throw new Error(`silently different: ${opened.snapshot}`);
  await opened.wal.close();
  return 0;
}

t.test('R18, sys 11: every bit of every frame before the last one', async (t) => {
  const { disk, snapshot } = await runThrough(
    Array.from({ length: 6 }, (_, i) => ({ what: 10, a: i, b: i, c: 30 })),
    true,
  );
  const frames: { file: string; offset: number; bytes: number }[] = [];
  for await (const item of dump(disk, 'node/wal')) if (item.item === 'frame') frames.push(item);
  t.ok(frames.length > 6);
  for (const { file, offset, bytes } of frames.slice(0, -1)) {
    for (let at = offset; at < offset + bytes; at += 3) {
      const damaged = disk.processKill(1);
      damaged.flipBit(file, at, at % 8);
      const refused = await refusesOrAgrees(damaged, snapshot);
      if (refused === 0) t.fail(`bit at ${at} of ${file} went unnoticed`);
    }
  }
});

t.test('R18: a misdirected write is found, unless it was the last', async (t) => {
  const check = async (all: readonly Step[], victim: number, shift: number) => {
    const disk = new SimulatedDisk({ seed });
    const model = new LogModel();
    const { wal } = await openOn(disk);
    let done = 0;
    for (const step of all) {
      if (done++ === victim % (all.length - 1)) {
        disk.misdirect = (operation, offset) => {
          if (!operation.path.endsWith('.wal') || offset < 4096) return undefined;
          disk.misdirect = undefined;
          return Math.max(4096, Math.min(SEGMENT_BYTES - 600, offset + 8 * (shift - 50)));
        };
      }
      try {
        await wal.write(model.step(step));
      } catch (error) {
        // Found while running: an entry that was to be carried could not be verified.
        if (error instanceof WalError && error.code === 'wal_corrupt') return;
        throw error;
      }
    }
    await refusesOrAgrees(disk.processKill(1), model.snapshot());
  };
  const property = fc.asyncProperty(steps(5, 20), fc.nat(), fc.nat(100), check);
  await fc.assert(property, { numRuns: runs(60), seed });
  t.pass();
});

async function refusal(t: Test, disk: SimulatedDisk): Promise<WalError> {
  try {
    await openOn(disk);
  } catch (error) {
    if (error instanceof WalError) return error;
    throw error;
  }
  t.fail('the log was opened');
  throw new Error('the log was opened');
}

t.test('I3, I4: lost and foreign files are refused with a name and advice', async (t) => {
  const all = Array.from({ length: 100 }, (_, i) => ({ what: 10, a: i, b: i, c: 250 }));
  const { disk } = await runThrough(all, true);
  const segments = disk.paths;
  t.ok(segments.length >= 5, 'several segments');

  for (const [i, path] of segments.slice(0, -1).entries()) {
    const without = disk.processKill(1);
    without.lose(path);
    const error = await refusal(t, without);
    t.equal(error.code, 'wal_corrupt', path);
    t.match(error.message, /missing/, `without segment ${i}`);
    t.match(error.advice, /dump/);
  }

  const young = (await runThrough(all.slice(0, 12), true)).disk;
  t.match(young.paths[0], /000000000001/, 'the first segment of all is still there');
  for (const whole of [disk, young]) {
    for (const path of whole.paths.slice(0, -1)) {
      const wiped = whole.processKill(1);
      const bytes = new Uint8Array(whole.contentOf(path));
      wiped.place(path, bytes.fill(0, 4096));
      const error = await refusal(t, wiped);
      t.match(error, { code: 'wal_corrupt', message: /damaged, but frame|holds nothing/ }, path);
      t.ok((error.offset ?? 0) >= 4096);
    }
  }

  const shorter = disk.processKill(1);
  const [first = '', second = ''] = segments;
  shorter.place(first, disk.contentOf(first).slice(0, 5000));
  t.match((await refusal(t, shorter)).message, /5000 bytes instead of 8192/, 'I4');

  const swapped = disk.processKill(1);
  swapped.place(first, disk.contentOf(second));
  t.equal((await refusal(t, swapped)).code, 'wal_foreign', 'a copy under another name');

  const foreign = disk.processKill(1);
  foreign.place(first, Buffer.alloc(8192, 'SQLite format 3'));
  t.equal((await refusal(t, foreign)).code, 'wal_foreign');

  const stray = disk.processKill(1);
  stray.place('node/wal/notes.txt', Buffer.from('hello'));
  t.same((await openOn(stray)).warnings, [{ kind: 'stray-file', file: 'node/wal/notes.txt' }]);
});

t.test('R18: a torn tail is cut, and reported with place and length', async (t) => {
  const { disk, snapshot } = await runThrough([{ what: 0, a: 0, b: 0, c: 0 }], false);
  const image = disk.processKill(1);
  const { wal } = await openOn(image);
  image.fault = ({ kind }) => (kind === 'datasync' ? 'EIO' : undefined);
  const entry = { index: 3, term: 1, kind: 1 as const, data: new Uint8Array(2000).fill(9) };
  const [path = ''] = image.paths;
  await t.rejects(
    wal.write({
      created: [],
      removed: [],
      writes: [{ group: 1, entries: [{ ...entry, index: 2 }] }],
    }),
  );
  // The page cache has all of it; only the middle is taken away.
  const before = image.contentOf(path).slice();
  const at = before.lastIndexOf(9) - 1000;
  image.flipBit(path, at, 0);
  image.fault = undefined;
  const opened = await openOn(image);
  t.equal(opened.snapshot, snapshot);
  t.match(opened.warnings, [{ kind: 'torn-tail', file: path, bytes: 24 + 32 + 2000 }]);
});
