/**
 * Recovery after power cuts, kills and damage. The properties here are R18 and R17 of the list of
 * invariants: what was acknowledged is there, the batch in flight wholly or not at all, nothing
 * else; and damage in the middle is an error, never a silent cut.
 */
import * as fc from 'fast-check';
import t, { type Test } from 'tap';
import { dump } from '../../../src/raft/wal/dump.js';
import { WalError } from '../../../src/raft/wal/errors.js';
import type { WalWarning } from '../../../src/raft/wal/recovery.js';
import type { Recovered, Wal } from '../../../src/raft/wal/types.js';
import { createWal } from '../../../src/raft/wal/wal.js';
import { SimulatedDisk } from '../../simulation/simulated-disk.js';
import { SeededRandom } from '../core/seeded-random.js';
import { configurationOf, LogModel, type Step, snapshotOf } from './log-model.js';
import { ManualClock } from './manual-clock.js';

const SEGMENT_BYTES = 8192;
const seed = Number(process.env['KVORUM_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
t.comment(`KVORUM_SEED=${seed}`);
/** More of everything, for a night: KVORUM_RUNS=100. */
const runs = (count: number) => Math.ceil(count * Number(process.env['KVORUM_RUNS'] ?? 1));

const steps = (minLength: number, maxLength: number) =>
  fc.array(fc.record({ what: fc.nat(99), a: fc.nat(1000), b: fc.nat(1000), c: fc.nat(1000) }), {
    minLength,
    maxLength,
    size: 'max',
  });

interface Opened {
  readonly wal: Wal;
  readonly clock: ManualClock;
  readonly recovered: Recovered;
  readonly snapshot: string;
  readonly warnings: WalWarning[];
}

async function openOn(disk: SimulatedDisk): Promise<Opened> {
  const clock = new ManualClock();
  const random = new SeededRandom(disk.operations + 7).next;
  const warnings: WalWarning[] = [];
  const wal = createWal({
    dir: 'node',
    clock,
    fileSystem: disk,
    segmentBytes: SEGMENT_BYTES,
    logBytesMax: 4 * SEGMENT_BYTES,
    onWarning: (warning) => warnings.push(warning),
    randomUint32: () => Math.floor(random() * 2 ** 32),
  });
  const recovered = await wal.open();
  return { wal, clock, recovered, snapshot: snapshotOf(wal, recovered), warnings };
}

/** An idle spell long enough for a seal. */
async function idle(clock: ManualClock): Promise<void> {
  clock.advance(60);
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

/** A state of the disk that a crash may leave, and what the log may say then. */
interface CrashPoint {
  readonly disk: SimulatedDisk;
  readonly allowed: readonly string[];
}

/** Runs the steps and collects crash points, one or two before every operation of the disk. */
async function crashPoints(
  all: readonly Step[],
  random: () => number,
  share = 1,
): Promise<CrashPoint[]> {
  const disk = new SimulatedDisk({ seed });
  const model = new LogModel();
  const points: CrashPoint[] = [];
  let allowed = [model.snapshot()];
  disk.beforeOperation = ({ kind }) => {
    if (kind === 'read' || kind === 'list' || kind === 'size') return;
    if (random() >= share) return;
    const cut = random() < 0.8;
    const number = Math.floor(random() * 2 ** 31);
    points.push({ disk: cut ? disk.powerCut(number) : disk.processKill(number), allowed });
  };
  let { wal, clock } = await openOn(disk);
  for (const step of all) {
    if (step.what === 99) {
      await wal.close();
      ({ wal, clock } = await openOn(disk));
    }
    const before = model.snapshot();
    const batch = model.step(step);
    allowed = [before, model.snapshot()];
    await wal.write(batch);
    allowed = [model.snapshot()];
    if (step.c % 8 === 0) await idle(clock);
  }
  await wal.close();
  return points;
}

/** A log that came back must also be able to go on, over a segment's end, and come back again. */
async function goesOn(
  disk: SimulatedDisk,
  opened: Opened,
  random: () => number,
  share = 0.1,
): Promise<void> {
  const { wal } = opened;
  const birth = {
    group: 77,
    replica: 1,
    mark: { index: 0, term: 0, configuration: configurationOf(1) },
    hardState: { term: 1, vote: 1, commit: 0 },
  };
  let acknowledged = 0;
  const images: { image: SimulatedDisk; least: number }[] = [];
  disk.beforeOperation = () => {
    if (random() > share) return;
    images.push({ image: disk.powerCut(Math.floor(random() * 2 ** 31)), least: acknowledged });
  };
  await wal.write({ created: [birth], removed: [], writes: [] });
  for (let index = 1; index <= 8; index++) {
    const entry = { index, term: 1, kind: 1 as const, data: new Uint8Array(900) };
    await wal.write({ created: [], removed: [], writes: [{ group: 77, entries: [entry] }] });
    acknowledged = index;
  }
  disk.beforeOperation = undefined;
  images.push({ image: disk.powerCut(seed), least: acknowledged });
  await wal.close();
  for (const { image, least } of images) {
    const again = await openOn(image);
    const rest = again.snapshot.split('\n').filter((line) => !line.startsWith('77.'));
    if (rest.join('\n') !== opened.snapshot) throw new Error('the second recovery differs');
    const found = again.recovered.groups.find(({ group }) => group === 77)?.lastIndex ?? 0;
    if (found < least || found > least + 1) throw new Error(`${found} entries after ${least}`);
    await again.wal.close();
  }
}

t.test('R18: every crash point: all that was acknowledged, the one in flight or not', async (t) => {
  let points = 0;
  const seen = new Map<string, number>();
  let torn = 0;
  const check = async (all: readonly Step[], cut: number) => {
    const random = new SeededRandom(cut).next;
    for (const { disk, allowed } of await crashPoints(all, random)) {
      points++;
      const opened = await openOn(disk);
      if (!allowed.includes(opened.snapshot)) {
        throw new Error(`found\n${opened.snapshot}\nallowed\n${allowed.join('\nor\n')}`);
      }
      torn += opened.warnings.length;
      if (points % 12 === 0) await goesOn(disk, opened, random);
      else await opened.wal.close();
      if (points % 25 === 0) await countRecords(disk, seen);
    }
  };
  await fc.assert(fc.asyncProperty(steps(40, 90), fc.nat(), check), { numRuns: runs(6), seed });
  t.comment(`${points} crash points, ${torn} torn tails, ${JSON.stringify([...seen])}`);
  t.ok(points > 500, 'there were crash points');
  t.ok(torn > 0, 'some of them in the middle of a write');
  for (const what of [
    'carried-entry of command',
    'carried-entry of configuration',
    'snapshot-mark',
    'compaction-mark',
    'group-created',
    'group-created without members',
    'group-removed',
    'tombstone',
  ]) {
    t.ok((seen.get(what) ?? 0) > 0, `and some with a ${what} before them`);
  }
});

async function countRecords(disk: SimulatedDisk, seen: Map<string, number>): Promise<void> {
  for await (const item of dump(disk, 'node/wal')) {
    if (item.item !== 'record') continue;
    const { record } = item;
    let what: string = record;
    if (record === 'carried-entry') what = `${record} of ${item.kind}`;
    if (record === 'group-created' && item.mark.configuration.voters.length === 0) {
      what = `${record} without members`;
    }
    seen.set(what, (seen.get(what) ?? 0) + 1);
  }
}

t.test('crashes on the way back from crashes', async (t) => {
  let depth = 0;
  const check = async (all: readonly Step[], cut: number) => {
    const random = new SeededRandom(cut).next;
    const points = await crashPoints(all, random, 0.1);
    let point = points[Math.floor(random() * points.length)];
    for (let i = 0; i < 4 && point !== undefined; i++) {
      const { disk, allowed } = point;
      const inner: CrashPoint[] = [];
      disk.beforeOperation = ({ kind }) => {
        if (kind === 'read' || kind === 'list' || kind === 'size') return;
        inner.push({ disk: disk.powerCut(Math.floor(random() * 2 ** 31)), allowed });
      };
      const opened = await openOn(disk);
      if (!allowed.includes(opened.snapshot)) throw new Error(`at depth ${i}`);
      disk.beforeOperation = undefined;
      await opened.wal.close();
      for (const { disk: image } of inner) {
        const again = await openOn(image);
        // Once a process has served from what it found, it must be found again.
        if (!allowed.includes(again.snapshot)) throw new Error(`during recovery, depth ${i}`);
        await again.wal.close();
        depth++;
      }
      point = inner[Math.floor(random() * inner.length)];
    }
  };
  await fc.assert(fc.asyncProperty(steps(10, 40), fc.nat(), check), { numRuns: runs(12), seed });
  t.ok(depth > 100);
});

t.test('what a process served from is durable, even if only the page cache had it', async (t) => {
  const check = async (all: readonly Step[], cut: number) => {
    const random = new SeededRandom(cut).next;
    for (const { disk } of await crashPoints(all, random, 0.2)) {
      const killed = disk.processKill(1);
      const { snapshot } = await openOn(killed);
      const after = await openOn(killed.powerCut(Math.floor(random() * 2 ** 31)));
      if (after.snapshot !== snapshot) throw new Error('a power cut took what was served');
    }
  };
  await fc.assert(fc.asyncProperty(steps(10, 20), fc.nat(), check), { numRuns: runs(10), seed });
  t.pass();
});

t.test('a name that a killed process left is made durable before it is used', async (t) => {
  const random = new SeededRandom(seed).next;
  const disk = new SimulatedDisk({ seed });
  const killed: SimulatedDisk[] = [];
  disk.beforeOperation = () => killed.push(disk.processKill(1));
  const { wal } = await openOn(disk);
  await wal.close();
  t.ok(killed.length > 20);
  for (const image of killed) await goesOn(image, await openOn(image), random, 0.5);
});

t.test('a flipped bit is an error with file and offset, or changes nothing', async (t) => {
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
});

async function runThrough(all: readonly Step[], sealed: boolean) {
  const disk = new SimulatedDisk({ seed });
  const model = new LogModel();
  const { wal } = await openOn(disk);
  for (const step of all) await wal.write(model.step(step));
  if (sealed) await wal.close();
  return { disk, snapshot: model.snapshot() };
}

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

t.test('every bit of every frame before the last one', async (t) => {
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

t.test('a misdirected write is found, unless it was the last', async (t) => {
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

t.test('lost and foreign files are refused with a name and advice', async (t) => {
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

t.test('a torn tail is cut, and reported with place and length', async (t) => {
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
