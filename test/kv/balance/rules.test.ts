import t from 'tap';
import type { ClusterView } from '../../../src/kv/balance/cluster-view.js';
import { Draft } from '../../../src/kv/balance/draft.js';
import {
  type Arrival,
  arrivalRules,
  holdingPin,
  majorityOf,
  names,
  shardRules,
  stayingRules,
} from '../../../src/kv/balance/rules.js';
import { freshView, minute, nodesOf, now, shardOf, voters, withNode, withShard } from './views.js';

const view = withShard(freshView({ nodes: nodesOf(5), shards: 10 }), 1, {
  members: voters(1, 2, 3),
  preferredLeader: 1,
});

t.test('whether a shard may be changed', async (t) => {
  const said = (changed: ClusterView) => {
    const draft = new Draft(changed);
    const rules = shardRules(draft, draft.shard(1));
    return rules.filter(({ decision }) => decision !== 'yes').map(({ rule }) => rule);
  };
  t.same(said(view), []);
  t.same(said({ ...view, busy: new Map([[1, 'j7']]) }), ['job']);
  const suspect = withNode(view, 2, { state: 'suspect' });
  t.same(said(suspect), ['health']);
  t.same(said(withNode(suspect, 3, { state: 'dead' })), ['majority', 'health']);
});

t.test('whether a node may take a replica', async (t) => {
  const said = (changed: ClusterView, arrival: Partial<Arrival> = {}) => {
    const draft = new Draft(changed);
    const shard = draft.shard(1);
    const rules = arrivalRules({ draft, shard, node: 5, role: 'voter', ...arrival });
    return rules.filter(({ decision }) => decision !== 'yes').map(({ rule }) => rule);
  };
  const roomy = withNode(view, 5, { weight: 3 });
  t.same(said(roomy), []);
  t.same(said(withNode(roomy, 5, { state: 'suspect' })), ['state']);
  t.ok(said(withNode(roomy, 5, { draining: true })).includes('draining'));
  t.same(said({ ...roomy, pins: [{ id: 'p1', shard: 1, node: 5, kind: 'no-replica' }] }), ['pin']);
  t.ok(said(roomy, { node: 1 }).includes('member'));
  const crowded = withNode(roomy, 5, { zone: 'z1' });
  t.same(said(crowded), ['zone']);
  t.same(said(crowded, { leaving: 1 }), [], 'in the place of the one in its zone');
  t.same(said(crowded, { role: 'learner' }), []);
  t.ok(said(withNode(view, 5, { weight: 0.1 })).includes('load'));
});

t.test('whether a replica may stay', async (t) => {
  const said = (changed: ClusterView) => {
    const draft = new Draft(changed);
    return stayingRules(draft, { shard: draft.shard(1), node: 1 });
  };
  t.ok(said(view).every(({ decision }) => decision === 'yes'));
  const dead = (minutes: number) =>
    withNode(view, 1, { state: 'dead', stateSinceMs: now - minutes * minute });
  const suspect = withNode(view, 1, { state: 'suspect' });
  t.match(said(suspect)[0], { decision: 'yes', because: /rebuilt elsewhere when.*10 minutes/ });
  t.match(said(dead(30))[0], { decision: 'no', because: /dead for 30 minutes/ });
  t.match(said(withNode(view, 1, { draining: true }))[1], { rule: 'draining', decision: 'no' });
  t.match(said(withNode(view, 1, { zone: 'z2' })).at(-1), { rule: 'zone', decision: 'no' });
});

t.test('a pin that forbids is stronger than one that asks', async (t) => {
  const pin = (kind: 'replica' | 'no-replica') => ({ id: kind, shard: 1, node: 1, kind });
  const held = new Draft({ ...view, pins: [pin('replica')] });
  t.equal(holdingPin(held, shardOf(view, 1), 1)?.id, 'replica');
  const both = new Draft({ ...view, pins: [pin('replica'), pin('no-replica')] });
  t.equal(holdingPin(both, shardOf(view, 1), 1), undefined);
  t.equal(holdingPin(held, shardOf(view, 1), 2), undefined);
});

t.test('words and numbers', async (t) => {
  t.same([1, 2, 3, 4, 5].map(majorityOf), [1, 2, 2, 3, 3]);
  t.equal(names([1]), 'node 1');
  t.equal(names([1, 2, 3]), 'node 1, node 2 and node 3');
});
