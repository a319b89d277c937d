/** Documents of the meta group: all or nothing, and rows like all others. */
import t from 'tap';
import { metaGroup, placeBy } from '../../../src/kv/store/document-place.js';
import type { SqliteStore } from '../../../src/kv/store/sqlite-store.js';
import type { DocumentsCommand } from '../../../src/kv/store/types.js';
import { births, entry, metaBirth, put, testHash } from './commands.js';
import { stillStore } from './sqlite-stores.js';

function change(parts: Partial<DocumentsCommand>): DocumentsCommand {
  const nothing = { conditions: [], puts: [], removals: [] };
  return { type: 'documents', rangeEpoch: 1, timeMs: 7, ...nothing, ...parts };
}

function apply(store: SqliteStore, parts: Partial<DocumentsCommand>) {
  const entries = [entry(store.applied(metaGroup) + 1, change(parts))];
  return store.apply([{ group: metaGroup, entries }])[0]?.[0];
}

async function openStore(dir: string): Promise<SqliteStore> {
  const { store } = stillStore(dir, { hash: placeBy(testHash) });
  await store.open();
  return store;
}

t.test('they are changed together, or not at all', async (t) => {
  const store = await openStore(t.testdir());
  t.teardown(() => store.close());
  const documents = [{ name: 'nodes/1', value: { zone: 'a' } }];
  store.createShards([{ ...metaBirth, documents }]);
  t.same(store.documents.all(), [{ name: 'nodes/1', revision: 1, value: { zone: 'a' } }]);
  const told: unknown[] = [];
  store.documents.onChange = (names) => told.push(names);

  const first = apply(store, {
    conditions: [
      ['nodes/1', 1],
      ['map', 0],
    ],
    puts: [
      ['map', { epoch: 1 }],
      ['nodes/2', { zone: 'b' }],
    ],
    removals: ['nodes/1', 'never-there'],
  });
  t.match(first, { outcome: 'changed', shardRevision: 2 });
  t.equal(store.documents.get('nodes/1'), undefined);
  t.same(store.documents.get('map'), { name: 'map', revision: 2, value: { epoch: 1 } });

  const second = apply(store, { conditions: [['map', 1]], puts: [['map', {}]], removals: [] });
  t.same(second, { outcome: 'conflict', shardRevision: 2, name: 'map' });
  const third = apply(store, {
    conditions: [
      ['map', 2],
      ['nodes/2', 0],
    ],
    puts: [['map', {}]],
    removals: ['nodes/2'],
  });
  t.match(third, { outcome: 'conflict', name: 'nodes/2' });
  t.same(store.documents.get('map')?.value, { epoch: 1 }, 'nothing of it happened');
  t.equal(store.documents.all().length, 2);
  t.same(told, [['map', 'nodes/2', 'nodes/1', 'never-there']], 'told once, of the one change');
  t.equal(apply(store, { rangeEpoch: 2, puts: [['map', {}]] })?.outcome, 'wrong-epoch');
});

t.test('they survive a restart, and never meet the keys of clients', async (t) => {
  const dir = t.testdir();
  const store = await openStore(dir);
  store.createShards([{ ...metaBirth, documents: [{ name: 'map', value: 1 }] }, ...births(1)]);
  const puts = ['map', 'nodes/1'].map((key, at) => entry(at + 1, put(key, 'a client said so')));
  store.apply([{ group: 1, entries: puts }]);
  apply(store, { puts: [['nodes/1', [1, 'ä']]] });
  await store.close();
  const again = await openStore(dir);
  t.teardown(() => again.close());
  t.same(
    again.documents.all().map(({ name, value }) => [name, value]),
    [
      ['map', 1],
      ['nodes/1', [1, 'ä']],
    ],
  );
  const key = Buffer.from('map');
  t.equal(again.get(1, testHash(key), key)?.value.toString(), 'a client said so');
  t.equal(again.count(1), 2);
  t.equal(again.count(metaGroup), 2);
});

t.test('without a whole state there are none, and no shard of keys takes any', async (t) => {
  const store = await openStore(t.testdir());
  t.teardown(() => store.close());
  store.createShards(births(1));
  t.same(store.documents.all(), []);
  t.equal(store.documents.get('map'), undefined);
  const entries = [entry(1, change({ puts: [['map', 1]] }))];
  t.match(store.apply([{ group: 1, entries }])[0]?.[0], { outcome: 'wrong-epoch' });
});
