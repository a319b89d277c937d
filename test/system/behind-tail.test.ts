/**
 * A node that was away for longer than the others keep their logs: it says so, in its log and its
 * readiness, and answers through the others instead of from what it has.
 */
import t from 'tap';
import { Cluster } from './cluster.js';
import { eventually } from './eventually.js';

const valueBytes = 1024 * 1024;
const writers = 4;
/** Far more than fits the tail of a shard's log. */
const writesMax = 400;

interface Replica {
  readonly first_index: number;
  readonly last_index: number;
  readonly behind_tail: boolean;
}

t.test('a node that cannot catch up says so and answers through the others', async (t) => {
  const cluster = await Cluster.start(t, { shards: 1 });
  const away = 3;
  const replica = async (id: number): Promise<Replica> => {
    const { body } = await cluster.client(id).request('GET', '/admin/v1/shards');
    const { shards } = JSON.parse(body.toString('utf8')) as { shards: { replica: Replica }[] };
    const [first] = shards;
    if (first === undefined) throw new Error('there is one shard');
    return first.replica;
  };
  await cluster.client(1).put('before', 'x');
  const kept = (await replica(away)).last_index;
  await cluster.kill(away);

  let writes = 0;
  let compacted = false;
  const value = Buffer.alloc(valueBytes, 'value ');
  const writer = async (lane: number) => {
    while (!compacted && writes < writesMax) {
      writes += 1;
      const { outcome } = await cluster.client(1).put(`large-${lane}`, value);
      if (outcome !== 'ok') continue;
      const [one, two] = [await replica(1), await replica(2)];
      compacted = Math.min(one.first_index, two.first_index) > kept + 2;
    }
  };
  await Promise.all(Array.from({ length: writers }, (_, lane) => writer(lane)));
  t.ok(compacted, `both logs begin later after ${writes} writes of 1 MiB`);
  const last = await eventually('a last write', async () => {
    const answer = await cluster.client(1).put('after', 'y');
    return answer.outcome === 'ok' ? answer : undefined;
  });

  cluster.startNode(away);
  await cluster.listens(away);
  await eventually('it says that it is behind', async () => {
    return (await replica(away)).behind_tail || undefined;
  });
  const ready = await cluster.client(away).request('GET', '/readyz?verbose');
  t.equal(ready.status, 503);
  t.match(ready.body.toString('utf8'), /caught-up/);
  t.match(cluster.process(away).log, /replica cannot catch up/);

  const read = await cluster.client(away).get('after');
  t.equal(read.outcome, 'found');
  t.equal(read.revision, last.revision);
  t.not(read.node, away, 'another replica answers');
  t.equal((await cluster.client(away).put('through', 'z')).outcome, 'ok');
});
