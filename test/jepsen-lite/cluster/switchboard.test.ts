/** A small program whose disk and clocks go wrong on command, and that ends with the harness. */
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { NodeProcess } from '../../../jepsen-lite/cluster/node-process.js';
import { Switchboard } from '../../../jepsen-lite/cluster/switchboard.js';
import { eventually } from '../../system/eventually.js';

/** Syncs in each way there is and tells how long it took, or why not; tells its clocks. */
const program = `
  import * as fs from 'node:fs';
  import { open } from 'node:fs/promises';
  const path = process.argv[1] + '/file';
  const handle = await open(path, 'w');
  const durable = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_DSYNC);
  const plain = fs.openSync(path, 'r+');
  const call = (f, ...args) =>
    new Promise((yes, no) => f(...args, (error) => (error ? no(error) : yes())));
  const bytes = Buffer.alloc(1);
  const ways = {
    sync: async () => fs.fdatasyncSync(plain),
    later: () => call(fs.fdatasync, plain),
    durable: () => call(fs.write, durable, bytes, 0, 1, 0),
    handle: () => handle.datasync(),
    write: async () => fs.writeSync(plain, bytes, 0, 1, 0),
    elsewhere: () => call(fs.fsync, 1).catch(() => {}),
  };
  let monotonic = 0;
  for (;;) {
    const told = {};
    for (const [way, sync] of Object.entries(ways)) {
      const startNs = process.hrtime.bigint();
      try {
        await sync();
        told[way] = Number(process.hrtime.bigint() - startNs) / 1e6 > 80 ? 'slow' : 'fast';
      } catch (error) {
        told[way] = error.code;
      }
    }
    told.back = performance.now() < monotonic;
    monotonic = performance.now();
    told.year = new Date().getFullYear();
    console.log(JSON.stringify(told));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }`;

async function start(t: Test) {
  const folder = t.testdir();
  const switches = await Switchboard.open();
  const preload = switches.preload(1, join(folder));
  const args = ['--import', preload, '--input-type=module', '-e', program, folder];
  const node = new NodeProcess(process.execPath, args);
  t.teardown(async () => {
    await node.kill();
    await switches.close();
  });
  const tells = (wanted: object) =>
    eventually(`it tells ${JSON.stringify(wanted)}`, () => {
      const lines = node.log.trimEnd().split('\n');
      const last: Record<string, unknown> = JSON.parse(lines.at(-1) ?? '');
      return Object.entries(wanted).every(([name, value]) => last[name] === value) || undefined;
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${node.log.slice(-400)}`);
    });
  return { node, switches, tells };
}

const all = (fate: string) => ({ sync: fate, later: fate, durable: fate, handle: fate });

t.test(
  'syncs of every way are slow, fail and are well again; other files are not met',
  async (t) => {
    const { switches, tells } = await start(t);
    await tells({ ...all('fast'), write: 'fast' });
    switches.set(1, { syncDelayMs: 100 });
    await tells({ ...all('slow'), write: 'fast', elsewhere: 'fast' });
    switches.set(1, { syncDelayMs: 0, failedSyncsMax: Number.MAX_SAFE_INTEGER });
    await tells({ ...all('EIO'), write: 'fast', elsewhere: 'fast' });
    switches.set(1, { failedSyncsMax: 0, diskFull: true });
    await tells({ durable: 'ENOSPC', write: 'ENOSPC', sync: 'fast' });
    switches.set(1, { diskFull: false });
    await tells({ ...all('fast'), write: 'fast' });
    const view = await switches.view(1);
    t.ok(view !== undefined && view.counts.slowSyncs > 0 && view.counts.failedWrites > 0);
  },
);

t.test('one failed sync is one', async (t) => {
  const { node, switches, tells } = await start(t);
  await tells(all('fast'));
  switches.set(1, { failedSyncsMax: 1 });
  await eventually('it has failed', () => node.log.includes('EIO') || undefined);
  await tells(all('fast'));
  t.equal(node.log.split('EIO').length - 1, 1);
});

t.test('clocks jump and drift; the monotonic one never goes back', async (t) => {
  const { node, switches, tells } = await start(t);
  await tells({ year: new Date().getFullYear() });
  switches.set(1, { wallOffsetMs: -40 * 365.25 * 86_400_000 });
  await tells({ year: new Date().getFullYear() - 40 });
  switches.set(1, { wallOffsetMs: 0, clockRate: 2 });
  const before = await switches.view(1);
  await new Promise((resolve) => setTimeout(resolve, 400));
  const after = await switches.view(1);
  if (before === undefined || after === undefined) return t.fail('it does not answer');
  const shownMs = after.clocks.monotonicMs - before.clocks.monotonicMs;
  const trueMs = after.clocks.trueMonotonicMs - before.clocks.trueMonotonicMs;
  t.ok(Math.abs(shownMs / trueMs - 2) < 0.02, `${shownMs} in ${trueMs} ms`);
  switches.set(1, { clockRate: 1 });
  await tells({ year: new Date().getFullYear() });
  t.notMatch(node.log, /"back":true/);
});

t.test('a stalled program does not answer, and then does', async (t) => {
  const { node, switches, tells } = await start(t);
  await tells(all('fast'));
  switches.stall(1, 3_000);
  // The word may reach it after the first question.
  await eventually('it does not answer', async () => {
    return (await switches.view(1)) === undefined ? true : undefined;
  });
  await eventually('it answers again', async () => switches.view(1));
  t.ok(node.running);
});

t.test('without the harness it ends', async (t) => {
  const { node, switches, tells } = await start(t);
  await tells(all('fast'));
  await switches.close();
  t.same(await node.ended, { code: null, signal: 'SIGKILL' });
});
