import t from 'tap';
import { balanceSchema, clusterSchema, explanationSchema } from '../../src/http/cluster-schemas.js';
import {
  balancerView,
  balanceView,
  clusterNodeView,
  clusterView,
  explanationView,
  scoreView,
  timeView,
} from '../../src/http/cluster-view.js';
import { ClusterWorld } from '../kv/balance/cluster-world.js';
import { nodeDocument } from '../kv/balance/fake-documents.js';

t.test('the cluster as the API shows it', async (t) => {
  const { service, store } = new ClusterWorld();
  store.put('nodes/5', nodeDocument(5, { state: 'dead', draining: true }));
  const view = clusterView(service.status(), service.documents());
  t.same(clusterSchema.parse(view), view);
  t.match(view, { epoch: 1, shards: 4, nodes: { up: 4, dead: 1, draining: 1 }, replicas: 3 });
  const node = clusterNodeView(nodeDocument(3), service.documents());
  t.match(node, { node: 3, zone: 'z3', shards: 4, state_since: '1970-01-01T00:00:00.000Z' });
  const balance = balanceView(service.balance());
  t.same(balanceSchema.parse(balance), balance);
  t.same(balance.score, scoreView(service.balance().cluster));
  const explanation = explanationView(service.explain({ shard: 1 }));
  t.same(explanationSchema.parse(explanation), explanation);
  t.match(balancerView(service.documents().settings.balancer, undefined), {
    ...{ enabled: true, paused_until: null, now: null, max_bytes_per_s: 10_000_000 },
    auto_merge: { shards_min: 4 },
  });
  t.equal(timeView(undefined), null);
});
