import fs from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { sumOf } from '../../../src/kv/store/snapshot-file.js';
import { ThreadSnapshotWorker } from '../../../src/kv/store/snapshot-worker.js';
import { entry, put } from './commands.js';
import { opened } from './sqlite-stores.js';

t.test('makes and checks in the thread, in the order asked for', async (t) => {
  const { dir, store } = await opened(t);
  store.apply([{ group: 1, entries: [entry(1, put('a', '1'))] }]);
  const worker = new ThreadSnapshotWorker();
  const target = path.join(dir, 'x.part');
  const request = { stateFile: store.file, target, group: 1, timeMsMax: 1000 };
  const [made, checked] = await Promise.all([worker.make(request), worker.check(target)]);
  t.match(made, { index: 1, term: 1, ...sumOf(target) });
  t.match(checked, { ...sumOf(target), header: { rows: 1, shard: { applied: 1 } } });
  await t.rejects(worker.make({ ...request, group: 4, target: `${target}2` }), {
    name: 'SnapshotError',
    code: 'no-state',
  });
  await t.rejects(worker.check(`${target}3`), { code: 'ENOENT' });
  fs.writeFileSync(`${target}4`, 'x'.repeat(5000));
  await t.rejects(worker.check(`${target}4`), { name: 'SnapshotError', code: 'refused' });
  await worker.stop();
  await worker.stop();
  await t.rejects(worker.check(target), { code: 'abandoned' });
});

t.test('a worker that never worked has no thread to stop', async (t) => {
  await new ThreadSnapshotWorker().stop();
  t.pass('stopped');
});

t.test('to stop is to give up the snapshot that is being made', async (t) => {
  const { dir, store } = await opened(t);
  const entries = Array.from({ length: 2000 }, (_, at) =>
    entry(at + 1, put(`key ${at}`, Buffer.alloc(8000))),
  );
  store.apply([{ group: 1, entries }]);
  const worker = new ThreadSnapshotWorker();
  const target = path.join(dir, 'x.part');
  await t.rejects(worker.check(target), { code: 'ENOENT' }, 'the thread has begun');
  const making = worker.make({ stateFile: store.file, target, group: 1, timeMsMax: 60_000 });
  const refused = t.rejects(making, { name: 'SnapshotError', code: 'abandoned' });
  await worker.stop();
  await refused;
  t.notOk(fs.existsSync(target));
});
