/**
 * Recovery after power cuts and kills. The property here is R18 of the list of invariants: what was
 * acknowledged is there, the batch in flight wholly or not at all, nothing else.
 */
import * as fc from 'fast-check';
import t from 'tap';
import { dump } from '../../../src/raft/wal/dump.js';
import { SimulatedDisk } from '../../simulation/simulated-disk.js';
import { SeededRandom } from '../core/seeded-random.js';
import { configurationOf, LogModel, type Step } from './log-model.js';
import { type Opened, openOn, runs, seed, steps } from './log-on-disk.js';
import type { ManualClock } from './manual-clock.js';

t.comment(`KVORUM_SEED=${seed}`);

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

t.test(
  'R3, R18, C2, C5, C14, D2, I5, sys 11, sys 14, sys 23: at every crash point all or nothing',
  async (t) => {
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
    await fc.assert(fc.asyncProperty(steps(40, 90), fc.nat(), check), { numRuns: runs(4), seed });
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
  },
);

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

t.test('R18: crashes on the way back from crashes', async (t) => {
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

t.test(
  'C3, R18: what a process served from is durable, even if only the page cache had it',
  async (t) => {
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
  },
);

t.test('I2: a name that a killed process left is made durable before it is used', async (t) => {
  const random = new SeededRandom(seed).next;
  const disk = new SimulatedDisk({ seed });
  const killed: SimulatedDisk[] = [];
  disk.beforeOperation = () => killed.push(disk.processKill(1));
  const { wal } = await openOn(disk);
  await wal.close();
  t.ok(killed.length > 20);
  for (const image of killed) await goesOn(image, await openOn(image), random, 0.5);
});
