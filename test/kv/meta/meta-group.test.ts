/** The meta group in whole nodes: changes from everywhere, decided again after a conflict. */
import t from 'tap';
import { documentNames } from '../../../src/kv/meta/cluster-documents.js';
import type { ClusterView } from '../../../src/kv/meta/cluster-view.js';
import type { Decide } from '../../../src/kv/meta/meta-group.js';
import { NodeCluster, refusalOf } from '../node-cluster.js';

const timeoutMs = 20_000;

/** Writes its name into a list, once: what a lost answer must not do twice. */
function note(name: string): Decide {
  return (view) => {
    const noted = notedIn(view);
    if (noted.includes(name)) return undefined;
    const conditions = [['test/noted', view.revisionOf('test/noted')]] as const;
    return { conditions, puts: [['test/noted', [...noted, name]]], removals: [] };
  };
}

function notedIn(view: ClusterView): readonly string[] {
  return (view.document('test/noted')?.value ?? []) as readonly string[];
}

t.test('every node knows the cluster it begins with, also one that only learns', async (t) => {
  const cluster = new NodeCluster(t, { nodes: 4, shards: 3, replicas: 3 });
  await cluster.start(...cluster.ids);
  await cluster.ready();
  for (const id of cluster.ids) {
    const { view } = cluster.at(id).meta;
    t.same([...(view?.nodes.keys() ?? [])], cluster.ids);
    t.equal(view?.shards.size, 3);
    t.equal(view?.map.nextGroup, 4);
    t.same(
      view?.shardMap.shards.map(({ group, range }) => ({ group, range })),
      cluster
        .at(id)
        .shards()
        .map(({ shard, range }) => ({ group: shard, range })),
    );
  }
  const voters = cluster.at(1).host.group(0)?.raft.membership.configuration.voters;
  t.same(
    voters?.map(({ node }) => node),
    [1, 2, 3],
  );
});

t.test('changes from all nodes at once: none is lost, none is made twice', async (t) => {
  const cluster = new NodeCluster(t, { nodes: 4, shards: 1, replicas: 3 });
  await cluster.start(...cluster.ids);
  await cluster.ready();
  const names = cluster.ids.flatMap((id) => [1, 2, 3].map((number) => `${id}-${number}`));
  const views = await Promise.all(
    names.map((name) => cluster.at(Number(name[0])).meta.transact(note(name), timeoutMs)),
  );
  for (const [at, view] of views.entries()) t.ok(notedIn(view).includes(names[at] ?? ''));
  for (const id of cluster.ids) {
    const view = await cluster.at(id).meta.current(timeoutMs);
    t.same([...notedIn(view)].sort(), [...names].sort());
  }
});

t.test(
  'listeners hear of it; a refusal and a change that is made already cost nothing',
  async (t) => {
    const cluster = new NodeCluster(t, { nodes: 1, shards: 1, replicas: 1 });
    await cluster.start(1);
    await cluster.ready();
    const { meta } = cluster.at(1);
    const heard: number[] = [];
    const end = meta.onChange((view) => heard.push(notedIn(view).length));
    await meta.transact(note('a'), timeoutMs);
    await meta.transact(note('a'), timeoutMs);
    await cluster.until('told', () => heard.includes(1));
    end();
    await meta.transact(note('b'), timeoutMs);
    t.notOk(heard.includes(2), 'the listener was taken away');
    await t.rejects(
      meta.transact(() => {
        throw new Error('this node may not leave');
      }, timeoutMs),
      /may not leave/,
    );
  },
);

t.test('without a majority nothing changes and all is said; with one it goes on', async (t) => {
  const cluster = new NodeCluster(t, { nodes: 3, shards: 1, replicas: 3 });
  await cluster.start(...cluster.ids);
  await cluster.ready();
  const leader = cluster.at(1).meta.leader ?? 0;
  const [first = 0, second = 0] = cluster.ids.filter((id) => id !== leader);
  await cluster.stop(leader, second);
  const refusal = await refusalOf(cluster.at(first).meta.transact(note('alone'), 300));
  t.ok(['no_leader', 'outcome_unknown'].includes(refusal.code), refusal.code);
  await refusalOf(cluster.at(first).meta.current(100));
  t.ok(cluster.at(first).meta.view?.shards.size, 'it still knows its way');
  await cluster.start(second);
  const view = await cluster.at(first).meta.transact(note('together'), timeoutMs);
  t.ok(notedIn(view).includes('together'));
});

t.test('a restart finds the cluster as it was', async (t) => {
  const cluster = new NodeCluster(t, { nodes: 1, shards: 1, replicas: 1 });
  await cluster.start(1);
  await cluster.ready();
  await cluster.at(1).meta.transact((view) => {
    const node = view.nodes.get(1);
    if (node === undefined || node.weight === 2) return undefined;
    const name = documentNames.node(1);
    const conditions = [[name, view.revisionOf(name)]] as const;
    return { conditions, puts: [[name, { ...node, weight: 2 }]], removals: [] };
  }, timeoutMs);
  await cluster.stop(1);
  await cluster.start(1);
  t.equal(cluster.at(1).meta.view?.nodes.get(1)?.weight, 2);
});
