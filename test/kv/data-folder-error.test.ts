import t from 'tap';
import type { NodeIdentity } from '../../src/kv/cluster-configuration.js';
import {
  DataFolderError,
  type DataFolderErrorCode,
  refuseDifference,
} from '../../src/kv/data-folder-error.js';

const [one, two, three] = [1, 2, 3].map((id) => ({ id, zone: `${id}`, weight: 1 }));
if (one === undefined || two === undefined || three === undefined) throw new Error('three nodes');
const configuration = { nodes: [one, two, three], shards: 12, replicas: 3 as const };
const identity: NodeIdentity = { clusterId: 'dev', nodeId: 2, configuration };

const withNodes = (...nodes: (typeof one)[]) => ({ configuration: { ...configuration, nodes } });

const cases: [Partial<NodeIdentity>, DataFolderErrorCode, RegExp][] = [
  [{ clusterId: 'prod' }, 'other_cluster', /belongs to cluster "dev", not "prod"/],
  [{ nodeId: 3 }, 'other_node', /belongs to node 2, not 3/],
  [{ configuration: { ...configuration, shards: 13 } }, 'other_configuration', /12 shards, not 13/],
  [
    { configuration: { ...configuration, replicas: 5 } },
    'other_configuration',
    /3 replicas, not 5/,
  ],
  [withNodes(one, two), 'other_configuration', /nodes 1, 2, 3, not 1, 2;/],
  [withNodes(one, two, { ...three, id: 4 }), 'other_configuration', /1, 2, 3, not 1, 2, 4/],
  [withNodes(one, two, { ...three, zone: 'z' }), 'other_configuration', /zone "3", not "z"/],
  [withNodes(one, two, { ...three, weight: 2 }), 'other_configuration', /weight 1 for node 3/],
];

t.test('names the first difference', async (t) => {
  refuseDifference('/data', identity, identity);
  for (const [change, code, message] of cases) {
    try {
      refuseDifference('/data', identity, { ...identity, ...change });
      t.fail(`took ${code}`);
    } catch (error) {
      if (!(error instanceof DataFolderError)) throw error;
      t.equal(error.code, code);
      t.equal(error.path, '/data');
      t.match(error.message, message);
      t.match(error.message, /^data folder \/data: /);
    }
  }
});
