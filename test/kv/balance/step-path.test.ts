import t from 'tap';
import type { ShardSight, Sighting } from '../../../src/kv/balance/cluster-control.js';
import type { StepAction } from '../../../src/kv/balance/plan.js';
import { stepPath } from '../../../src/kv/balance/step-path.js';
import type { Heading } from '../../../src/kv/balance/step-verdict.js';
import type { ShardMember } from '../../../src/kv/service.js';
import { JobsWorld } from './jobs-world.js';

const progress = { state: 'replicate', match: 9, lag: 0, active: true } as const;
const members = [1, 2, 3].map((node): ShardMember => {
  return { node, replica: node, role: 'voter', progress };
});

function sight(shard: number, more: Partial<ShardSight> = {}): ShardSight {
  return {
    ...{ shard, range: { start: (shard - 1) * 1000, end: shard * 1000 } },
    ...{ epoch: { range: 3, members: 5 }, leader: 1, members, changing: false, sealed: false },
    ...{ copies: [], ...more },
  };
}

function verdict(action: StepAction, sights: readonly Sighting[], heading: Heading = 'forward') {
  const world = new JobsWorld();
  world.shard(1, [1, 2, 3]);
  world.shard(2, [1, 2, 3]);
  const shards = action.kind === 'merge' ? [1, 2] : action.kind === 'split' ? [1, 100] : [1];
  const sightings = new Map(shards.map((shard, i) => [shard, sights[i] ?? 'unknown'] as const));
  return stepPath(action, { heading, sightings, documents: world.store.documents() });
}

t.test('what cannot be seen is waited for; what is gone has failed', async (t) => {
  const action: StepAction = { kind: 'move', shard: 1, from: 1, to: 4 };
  t.match(verdict(action, ['unknown']), { kind: 'wait', because: /Nobody is known to lead/ });
  t.match(verdict(action, ['gone']), { kind: 'failed' });
  t.match(verdict(action, ['gone'], 'back'), { kind: 'undone' });
  t.match(verdict(action, [sight(1, { changing: true })]), { kind: 'wait', because: /under way/ });
  t.match(verdict(action, [sight(1, { sealed: true })]), { kind: 'wait', because: /merged/ });
  t.match(verdict(action, [sight(1)]), { kind: 'request' });
});

t.test('a transfer', async (t) => {
  const to = (node: number): StepAction => ({ kind: 'transfer-leader', shard: 1, to: node });
  t.match(verdict(to(2), [sight(1)]), { request: { kind: 'transfer', shard: 1, to: 2 } });
  t.match(verdict(to(1), [sight(1)]), { kind: 'done' });
  t.match(verdict(to(4), [sight(1)]), { kind: 'failed', because: /no voter/ });
  const silent = members.map((m) => ({ ...m, progress: { ...progress, active: false } }));
  t.match(verdict(to(2), [sight(1, { members: silent })]), { kind: 'wait' });
  t.match(verdict(to(2), [sight(1)], 'back'), { kind: 'undone' });
});

t.test('a split is bound to the range it was seen with', async (t) => {
  const split: StepAction = { kind: 'split', shard: 1, at: 500, child: 100 };
  const request = { kind: 'split', shard: 1, at: 500, child: 100, expectedRangeEpoch: 3 };
  t.match(verdict(split, [sight(1)]), { kind: 'request', request });
  const parent = sight(1, { range: { start: 0, end: 500 } });
  const child = sight(100, { range: { start: 500, end: 1000 } });
  t.match(verdict(split, [parent, child]), { kind: 'done' });
  t.match(verdict(split, [parent, child], 'back'), { kind: 'done' }, 'it stands');
  t.match(verdict(split, [parent, 'unknown']), { kind: 'wait', state: 'splitting' });
  t.match(verdict(split, [sight(1)], 'back'), { kind: 'undone' });
  const elsewhere = sight(1, { range: { start: 0, end: 400 } });
  t.match(verdict(split, [elsewhere]), { kind: 'failed', because: /no border/ });
  const border: StepAction = { kind: 'split', shard: 1, at: 1000, child: 100 };
  t.match(verdict(border, [sight(1)]), { kind: 'failed', because: /begins at hash 1000 already/ });
});

t.test('a merge of neighbours on the same nodes', async (t) => {
  const merge: StepAction = { kind: 'merge', left: 1, right: 2 };
  const epoch = { range: 3, members: 5 };
  const request = { kind: 'merge', left: 1, right: 2, expectedLeft: epoch, expectedRight: epoch };
  t.match(verdict(merge, [sight(1), sight(2)]), { kind: 'request', state: 'merging', request });
  const whole = sight(1, { range: { start: 0, end: 2000 } });
  for (const right of ['gone', 'unknown', sight(2, { sealed: true })] as const) {
    t.match(verdict(merge, [whole, right]), { kind: 'done' });
  }
  t.match(verdict(merge, [sight(1), 'unknown']), { kind: 'wait' });
  t.match(verdict(merge, ['unknown', sight(2)]), { kind: 'wait' });
  t.match(verdict(merge, [sight(1), 'gone']), { kind: 'failed' });
  const apart = sight(2, { members: members.slice(1) });
  t.match(verdict(merge, [sight(1), apart]), { kind: 'failed', because: /nodes 2, 3/ });
  const far = sight(2, { range: { start: 1500, end: 2000 } });
  t.match(verdict(merge, [sight(1), far]), { kind: 'failed', because: /does not begin/ });
  t.match(verdict(merge, [sight(1), sight(2)], 'back'), { kind: 'undone' });
  const sealed = sight(2, { sealed: true });
  t.match(verdict(merge, [sight(1), sealed], 'back'), { kind: 'wait', state: 'merging' });
});
