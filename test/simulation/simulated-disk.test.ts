import t from 'tap';
import { fileSystemContract } from '../contracts/file-system.js';
import { type DiskOperation, SimulatedDisk } from './simulated-disk.js';

t.test('keeps the contract of a file system', async (t) => {
  fileSystemContract(t, () => ({ fileSystem: new SimulatedDisk(), folder: 'disk' }));
});

t.test('a power cut loses names and bytes that were not synced, or keeps them', async (t) => {
  const disk = new SimulatedDisk();
  const file = await disk.open('d/a', 'create');
  await disk.syncFolder('d');
  await file.write(Buffer.from('old'), 3, 0);
  await file.datasync();
  await file.write(Buffer.from('new'), 3, 0);
  await disk.open('d/b', 'create');
  const seen = new Set<string>();
  for (let seed = 0; seed < 50; seed++) {
    const after = disk.powerCut(seed);
    seen.add(`${after.paths.join()} ${Buffer.from(after.contentOf('d/a'))}`);
  }
  t.same([...seen].sort(), ['d/a new', 'd/a old', 'd/a,d/b new', 'd/a,d/b old']);
});

t.test('tears a write at sectors, and never outside it', async (t) => {
  const disk = new SimulatedDisk();
  const file = await disk.open('d/a', 'create');
  await file.preallocate(4096);
  await disk.syncFolder('d');
  await file.write(new Uint8Array(2000).fill(1), 2000, 100);
  const torn = Array.from({ length: 50 }, (_, seed) => disk.powerCut(seed).contentOf('d/a'));
  for (const bytes of torn) {
    t.ok(bytes.subarray(0, 100).every((byte) => byte === 0));
    t.ok(bytes.subarray(2100).every((byte) => byte === 0));
    const sector = bytes.subarray(512, 1024);
    t.ok(sector.every((byte) => byte === sector[0]));
  }
  t.ok(
    torn.some((bytes) => bytes[512] !== bytes[1024]),
    'some are torn in the middle',
  );
});

t.test('a synced write survives every power cut, and a kill keeps the page cache', async (t) => {
  const disk = new SimulatedDisk();
  const file = await disk.open('d/a', 'create');
  await disk.syncFolder('d');
  await (await disk.open('d/a', 'durable')).write(Buffer.from('kept'), 4, 0);
  for (let seed = 0; seed < 10; seed++) {
    t.equal(`${Buffer.from(disk.powerCut(seed).contentOf('d/a'))}`, 'kept');
  }
  await file.write(Buffer.from('late'), 4, 0);
  const killed = disk.processKill(1);
  t.equal(`${Buffer.from(killed.contentOf('d/a'))}`, 'late');
  const cut = new Set<string>();
  for (let seed = 0; seed < 30; seed++) {
    cut.add(`${Buffer.from(killed.powerCut(seed).contentOf('d/a'))}`);
  }
  t.same([...cut].sort(), ['kept', 'late'], 'but what was not synced still is not');
});

t.test('after a failed sync the next one succeeds and has done nothing', async (t) => {
  const disk = new SimulatedDisk();
  const file = await disk.open('d/a', 'create');
  await file.preallocate(4);
  await disk.syncFolder('d');
  await file.write(Buffer.from('lost'), 4, 0);
  disk.fault = (operation) => (operation.kind === 'datasync' ? 'EIO' : undefined);
  await t.rejects(file.datasync(), { code: 'EIO' });
  disk.fault = undefined;
  await file.datasync();
  t.equal(`${Buffer.from(disk.contentOf('d/a'))}`, 'lost', 'the process still sees it');
  t.same([...disk.powerCut(1).contentOf('d/a')], [0, 0, 0, 0], 'the disk never had it');
});

t.test('a full disk, a misdirected write, a flipped bit', async (t) => {
  const disk = new SimulatedDisk({ capacityBytes: 10 });
  const file = await disk.open('d/a', 'create');
  await file.write(new Uint8Array(10), 10, 0);
  await t.rejects(file.write(new Uint8Array(1), 1, 10), { code: 'ENOSPC' });
  disk.misdirect = (_, offset) => offset + 5;
  await file.write(Buffer.from([7]), 1, 1);
  t.equal(disk.contentOf('d/a')[6], 7);
  disk.flipBit('d/a', 6, 3);
  t.equal(disk.contentOf('d/a')[6], 15);
});

t.test('a scheduler owns the order; a crash stops everything', async (t) => {
  const waiting: { operation: DiskOperation; run: () => void }[] = [];
  const disk = new SimulatedDisk({
    schedule: (operation, run) => waiting.push({ operation, run }),
  });
  const done: string[] = [];
  const a = disk.open('d/a', 'create').then(() => done.push('a'));
  const b = disk.open('d/b', 'create').then(() => done.push('b'));
  t.same(
    waiting.map(({ operation }) => operation.number),
    [1, 2],
  );
  waiting[1]?.run();
  await b;
  waiting[0]?.run();
  await a;
  t.same(done, ['b', 'a']);
  const late = disk.open('d/c', 'create');
  disk.crash();
  waiting[2]?.run();
  await t.rejects(late, { code: 'ECRASHED' });
  t.same(disk.paths, ['d/a', 'd/b']);
});

t.test('the same seed fails the same way', async (t) => {
  const run = async (seed: number) => {
    const disk = new SimulatedDisk({ seed });
    const file = await disk.open('d/a', 'create');
    disk.fault = (operation) => (operation.kind === 'write' ? 'EIO' : undefined);
    await t.rejects(file.write(new Uint8Array(1000).fill(1), 1000, 0), { code: 'EIO' });
    return disk.contentOf('d/a').length;
  };
  t.equal(await run(7), await run(7));
});

t.test('what was synced over an unsynced write is not undone by it', async (t) => {
  const disk = new SimulatedDisk();
  const made = await disk.open('d/a', 'create');
  await made.preallocate(8);
  await disk.syncFolder('d');
  await made.write(Buffer.from('oldoldol'), 8, 0);
  const file = await disk.open('d/a', 'durable');
  await file.write(Buffer.from('new'), 3, 2);
  for (let seed = 1; seed <= 50; seed += 1) {
    const kept = Buffer.from(disk.powerCut(seed).contentOf('d/a')).subarray(2, 5);
    if (`${kept}` !== 'new') t.fail(`seed ${seed}: ${kept}`);
  }
  t.pass('50 power cuts');
});
