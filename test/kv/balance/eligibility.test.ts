import t from 'tap';
import { eligibleNodes, isUp, replicasWanted } from '../../../src/kv/balance/eligibility.js';
import { freshView, nodeOf, nodesOf, withNode } from './views.js';

const view = freshView({ nodes: nodesOf(5), shards: 4, replicas: 5 });

t.test('up is up', async (t) => {
  t.ok(isUp(nodeOf(1)));
  t.notOk(isUp(nodeOf(1, { state: 'suspect' })));
  t.notOk(isUp(nodeOf(1, { state: 'dead' })));
  t.notOk(isUp(undefined));
});

t.test('draining and dead nodes are not reckoned with, suspect ones are', async (t) => {
  let changed = withNode(view, 1, { draining: true });
  changed = withNode(changed, 2, { state: 'dead', stateSinceMs: 0 });
  changed = withNode(changed, 3, { state: 'suspect' });
  t.same(
    eligibleNodes(changed).map((node) => node.id),
    [3, 4, 5],
  );
});

t.test('a dead node does not make shards smaller, a draining one does', async (t) => {
  t.equal(replicasWanted(view), 5);
  t.equal(replicasWanted(withNode(view, 1, { state: 'dead', stateSinceMs: 0 })), 5);
  t.equal(replicasWanted(withNode(view, 1, { draining: true })), 3);
});
