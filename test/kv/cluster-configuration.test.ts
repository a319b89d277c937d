import t from 'tap';
import {
  clusterConfigurationSchema,
  configurationDigest,
  replicasPerShard,
} from '../../src/kv/cluster-configuration.js';

const node = (id: number) => ({ id, zone: `${id}`, weight: 1 });
const configuration = (count: number, replicas: 1 | 3 | 5 = 3) => ({
  nodes: Array.from({ length: count }, (_, index) => node(index + 1)),
  shards: 12,
  replicas,
});

t.test('fewer replicas on fewer nodes: odd, except that two nodes keep two copies', async (t) => {
  const replicas = (nodes: number, asked: 1 | 3 | 5) =>
    replicasPerShard(configuration(nodes, asked));
  t.same(
    [1, 2, 3, 4, 5, 6].map((nodes) => replicas(nodes, 3)),
    [1, 2, 3, 3, 3, 3],
  );
  t.same(
    [1, 2, 3, 4, 5, 6].map((nodes) => replicas(nodes, 5)),
    [1, 2, 3, 3, 5, 5],
  );
  t.same(
    [1, 2, 3, 4, 5, 6].map((nodes) => replicas(nodes, 1)),
    [1, 1, 1, 1, 1, 1],
  );
});

t.test('the digest is blind to order and to nothing else', async (t) => {
  const base = configuration(3);
  const digest = configurationDigest(base);
  t.match(digest, /^[0-9a-f]{64}$/);
  t.equal(configurationDigest({ ...base, nodes: [...base.nodes].reverse() }), digest);
  const [first, ...others] = base.nodes;
  for (const other of [
    { ...base, shards: 13 },
    { ...base, replicas: 5 as const },
    { ...base, nodes: others },
    { ...base, nodes: [{ ...node(1), zone: 'x' }, ...others] },
    { ...base, nodes: [{ ...node(1), weight: 2 }, ...others] },
    { ...base, nodes: [node(9), ...others] },
  ]) {
    t.not(configurationDigest(other), digest);
  }
  t.ok(first);
});

t.test('the schema puts nodes in order and names what it refuses', async (t) => {
  const parsed = clusterConfigurationSchema.parse({
    ...configuration(0),
    nodes: [node(2), node(1)],
  });
  t.same(
    parsed.nodes.map(({ id }) => id),
    [1, 2],
  );
  const refuses = (change: object, path: string) => {
    const result = clusterConfigurationSchema.safeParse({ ...configuration(3), ...change });
    t.equal(result.success, false, path);
    t.equal(result.error?.issues[0]?.path.join('.'), path);
  };
  refuses({ nodes: [] }, 'nodes');
  refuses({ nodes: [node(1), node(1)] }, 'nodes');
  refuses({ nodes: [node(0)] }, 'nodes.0.id');
  refuses({ nodes: [node(65_536)] }, 'nodes.0.id');
  refuses({ nodes: [{ ...node(1), zone: '' }] }, 'nodes.0.zone');
  refuses({ nodes: [{ ...node(1), zone: 'a b' }] }, 'nodes.0.zone');
  refuses({ nodes: [{ ...node(1), weight: 0 }] }, 'nodes.0.weight');
  refuses({ nodes: [{ ...node(1), weight: Number.NaN }] }, 'nodes.0.weight');
  refuses({ shards: 0 }, 'shards');
  refuses({ shards: 4_097 }, 'shards');
  refuses({ replicas: 2 }, 'replicas');
});
