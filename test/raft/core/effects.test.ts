import t from 'tap';
import { EffectsCollector } from '../../../src/raft/core/effects.js';

const follower = { role: 'follower', leader: 0, term: 0 } as const;
const turn = (now: Parameters<EffectsCollector['take']>[0]['now'] = follower) => ({
  send: [],
  append: undefined,
  apply: [],
  fetch: undefined,
  snapshotsWanted: [],
  now,
});

t.test('tells the role once, and again when any of it changes', async (t) => {
  const collector = new EffectsCollector();
  t.match(collector.take(turn()), { role: follower });
  t.equal(collector.take(turn()), undefined, 'nothing to do');
  t.match(collector.take(turn({ ...follower, term: 1 })), { role: { term: 1 } });
  t.match(collector.take(turn({ ...follower, term: 1, leader: 2 })), { role: { leader: 2 } });
});

t.test('gives out what happened once, in arrays of its own', async (t) => {
  const collector = new EffectsCollector();
  collector.granted(1, 10);
  collector.proposed(2, { index: 11, term: 3 });
  collector.dropped(3, 'overloaded');
  const effects = collector.take(turn());
  collector.granted(4, 12);
  t.same(effects?.reads, [{ id: 1, index: 10 }]);
  t.match(effects?.proposed, [{ id: 2, entry: { index: 11, term: 3 } }]);
  t.same(effects?.dropped, [{ id: 3, reason: 'overloaded' }]);
  t.same(collector.take(turn())?.reads, [{ id: 4, index: 12 }]);
  t.equal(collector.take(turn()), undefined);
});
