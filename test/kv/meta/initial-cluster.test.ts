/** What a cluster begins with: who votes in the meta group, and its documents. */
import fc from 'fast-check';
import t from 'tap';
import { ClusterView } from '../../../src/kv/meta/cluster-view.js';
import {
  initialDocuments,
  initialMetaConfiguration,
  metaVotersMax,
} from '../../../src/kv/meta/initial-cluster.js';
import { initialShardMap } from '../../../src/kv/shard/shard-map.js';

const nodesOf = (zones: readonly string[]) =>
  zones.map((zone, at) => ({ id: at + 1, zone, weight: 1 }));
const votersOf = (zones: readonly string[]) =>
  initialMetaConfiguration(nodesOf(zones)).voters.map(({ node }) => node);

t.test('voters: an odd number, at most five, in as many zones as there are', async (t) => {
  t.same(votersOf(['a']), [1]);
  t.same(votersOf(['a', 'b']), [1, 2]);
  t.same(votersOf(['a', 'b', 'c', 'd']), [1, 2, 3]);
  t.same(votersOf(['a', 'a', 'a', 'b', 'b', 'c']), [1, 2, 4, 5, 6], 'no zone has three of five');
  t.same(votersOf(['a', 'a', 'b', 'c', 'd', 'e', 'f']), [1, 3, 4, 5, 6]);
});

t.test('everybody is a member, whatever the order given', async () => {
  const zones = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(zones, (given) => {
      const nodes = nodesOf(given);
      const { voters, learners, nextReplica } = initialMetaConfiguration(nodes);
      const reversed = initialMetaConfiguration([...nodes].reverse());
      const ids = new Set([...voters, ...learners].map(({ replica }) => replica));
      return (
        JSON.stringify(reversed.voters) === JSON.stringify(voters) &&
        voters.length <= metaVotersMax &&
        ids.size === nodes.length &&
        nextReplica === nodes.length + 1
      );
    }),
  );
});

t.test('the documents are a cluster that routes as the map does', async (t) => {
  const configuration = { nodes: nodesOf(['a', 'b', 'c']), shards: 5, replicas: 3 } as const;
  const { map } = initialShardMap(configuration);
  const documents = initialDocuments(configuration, map);
  const stored = documents.map(({ name, value }) => ({
    name,
    revision: 1,
    value: JSON.parse(JSON.stringify(value)),
  }));
  const view = ClusterView.of(stored, 1);
  t.same(view.shardMap.toJSON(), map.toJSON());
  t.equal(view.shardMap.digest, map.digest);
  t.equal(view.settings.replicas, 3);
});
