/** Nodes say where they are reached. */
import t from 'tap';
import { NodeCluster } from '../node-cluster.js';

t.test('every node says its addresses and its version, and all others know them', async (t) => {
  const cluster = new NodeCluster(t, { nodes: 3, shards: 1, replicas: 3 });
  await cluster.start(...cluster.ids);
  const told = (id: number, by: number) => {
    const node = cluster.at(by).meta.view?.nodes.get(id);
    return node?.httpAddress === `http:${id}` && node.peerAddress === `peer:${id}`;
  };
  await cluster.until('all are told', () =>
    cluster.ids.every((id) => cluster.ids.every((by) => told(id, by))),
  );
  t.equal(cluster.at(1).meta.view?.nodes.get(3)?.version, 'test');
  t.equal(cluster.failures.length, 0);
});
