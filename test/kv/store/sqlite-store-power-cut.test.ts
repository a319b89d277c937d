/**
 * The argument of DESIGN.md, "Durable applied index", tried out: what a power cut may leave is the
 * files as last synced, with any part of what was written since. Whatever it leaves must open, be
 * of one moment, and hold at least what was called durable.
 */
import fs from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { frameBytes } from '../../../src/kv/store/schema.js';
import { SqliteStore } from '../../../src/kv/store/sqlite-store.js';
import { births, entry, put, testHash } from './commands.js';
import { InlineWorker } from './inline-worker.js';
import { ManualClock, settled } from './manual-clock.js';
import { generator, SyncedState, seedOfRun } from './power-cut.js';

const seed = seedOfRun();

t.test(`C7, I10: a power cut at any step, seed ${seed}`, async (t) => {
  const dir = t.testdir();
  const random = generator(seed);
  const disk = new SyncedState(path.join(dir, 'live', 'state.db'));
  const worker = new InlineWorker();
  const clock = new ManualClock();
  const limits = { checkpointFrames: 12, walBytesMax: 40 * frameBytes, restFramesMax: 4 };
  const store = openable(path.join(dir, 'live'), { worker, clock, limits });
  await store.open();
  store.createShards(births(1));
  disk.syncAll();
  let index = 0;
  const write = () => {
    index += 2;
    const value = Buffer.alloc(random(6000), index);
    store.apply([
      {
        group: 1,
        entries: [
          entry(index - 1, put(`key ${random(30)}`, value)),
          entry(index, put('counter', `${index}`)),
        ],
      },
    ]);
    disk.noticeRestart();
  };
  disk.watch(worker, (step) => {
    if (step !== 'finish' && !store.held && random(2) === 0) write();
  });
  let cuts = 0;
  for (let turn = 0; turn < 250; turn += 1) {
    write();
    if (random(3) === 0) clock.next();
    await settled();
    if (random(4) !== 0) continue;
    cuts += 1;
    const folder = path.join(dir, `cut-${cuts}`);
    disk.cut(folder, random);
    await check(folder, { durable: store.durable(1), applied: store.applied(1) });
    fs.rmSync(folder, { recursive: true });
  }
  t.ok(cuts > 20 && store.statistics.holds > 0, `${cuts} cuts, ${store.statistics.holds} holds`);
  t.ok(disk.restarts > 3, `${disk.restarts} restarts of the log`);
  await store.close();

  async function check(folder: string, at: { durable: number; applied: number }): Promise<void> {
    const left = openable(folder, { worker: new InlineWorker(), clock: new ManualClock() });
    await left.open();
    const applied = left.applied(1);
    const counter = Buffer.from('counter');
    const value = left.get(1, testHash(counter), counter)?.value.toString() ?? '0';
    const fits = applied >= at.durable && applied <= at.applied && value === `${applied}`;
    if (!fits) t.fail(`cut ${cuts}: applied ${applied}, counter ${value}`, at);
    left.count(1);
    await left.close();
  }
});

function openable(
  dir: string,
  more: { worker: InlineWorker; clock: ManualClock; limits?: object },
): SqliteStore {
  return new SqliteStore({ dir, hash: testHash, cluster: 'c', ...more });
}
