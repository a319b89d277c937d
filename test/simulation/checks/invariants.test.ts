/** Every invariant is seen to break when it is broken, and to hold otherwise. */
import t from 'tap';
import { calm, changeTo, created, operation, succeeded, written } from './calm-world.js';
import { configuration, entry, FakeWorld, group, membersOn } from './fake-world.js';

t.test('nothing is held against a group that does everything right', async (t) => {
  const world = succeeded(calm());
  const second = entry(2, 2);
  for (const node of world.fakes) node.append([second]);
  world.node(2).becomes({ commit: 2 });
  world.node(3).becomes({ term: 2, commit: 2 });
  world.node(2).applies([second], [created(2)]);
  world.observer.invoked?.(operation(1, 'read'));
  const read = { shard: group, node: 2, shardRevision: 2, found: undefined };
  world.observer.completed?.(operation(1, 'read'), { type: 'ok', read });
  world.node(1).sends({ type: 'append-response', term: 2, rejected: false, index: 2 });
  world.node(1).append([entry(3, 2)], true);
  t.strictSame(world.violations, []);
});

const broken: Record<string, { breaks: RegExp; by: (world: FakeWorld) => void }> = {
  'two leaders in a term': {
    breaks: /^R1: replicas 1 and 2/,
    by: (world) => world.node(2).becomes({ role: 'leader', term: 1 }),
  },
  'a leader without durable votes': {
    breaks: /^R14: .* without durable votes/,
    by: (world) => {
      world.node(2).vote(2, 2);
      const vote = { term: 2, vote: 2, commit: 0 };
      world.node(3).write({ hardState: vote }, true);
      world.node(2).becomes({ role: 'leader', term: 2 });
    },
  },
  'a leader that overwrites its own log': {
    breaks: /^R2: /,
    by: (world) => world.node(1).append([entry(1, 1)]),
  },
  'two entries of one name': {
    breaks: /^R3: .* two entries are called 2\/1/,
    by: (world) => {
      world.node(1).append([entry(2, 1, 'one')]);
      world.node(2).append([entry(2, 1, 'other')]);
    },
  },
  'two predecessors of one entry': {
    breaks: /^R3: .* follows 1\/2 and elsewhere 1/,
    by: (world) => {
      world.node(1).append([entry(2, 3)]);
      world.node(3).append([entry(1, 2), entry(2, 3)]);
    },
  },
  'a leader that lacks what is committed': {
    breaks: /^R4: .* lacks committed 2\/1/,
    by: (world) => {
      for (const id of [1, 3]) world.node(id).append([entry(2, 1)]);
      world.node(1).becomes({ commit: 2 });
      succeeded(world);
    },
  },
  'a follower that commits by itself': {
    breaks: /^R5: .* a follower, believes 2/,
    by: (world) => {
      for (const node of world.fakes) node.append([entry(2, 1)]);
      world.node(2).becomes({ commit: 2 });
    },
  },
  'something else is believed to be committed': {
    breaks: /^R6: .* commits 2\/2, committed was 1/,
    by: (world) => {
      for (const id of [1, 2]) world.node(id).append([entry(2, 1)]);
      world.node(1).becomes({ commit: 2 });
      world
        .node(3)
        .append([entry(2, 2)])
        .becomes({ commit: 2 });
    },
  },
  'something else is applied': {
    breaks: /^R5: .* applies 2\/2, committed is 1/,
    by: (world) => {
      for (const id of [1, 2]) world.node(id).append([entry(2, 1)]);
      world.node(1).becomes({ commit: 2 });
      world.node(3).applies([entry(2, 2)]);
    },
  },
  'another result of the same entry': {
    breaks: /^R5: .* others/,
    by: (world) => {
      for (const node of world.fakes) node.append([entry(2, 1)]);
      world
        .node(1)
        .becomes({ commit: 2 })
        .applies([entry(2, 1)], [created(2)]);
      world
        .node(2)
        .becomes({ commit: 2 })
        .applies([entry(2, 1)], [created(7)]);
    },
  },
  'a commit that only the leader has': {
    breaks: /^R7: .* durable on nodes 1 of/,
    by: (world) => {
      world.node(1).append([entry(2, 1)]);
      world.node(2).append([entry(2, 1)], true);
      world.node(1).becomes({ commit: 2 });
    },
  },
  'a learner that is counted': {
    breaks: /^R7: .* durable on nodes 1 of/,
    by: (world) => {
      const next = configuration({ voters: membersOn(1, 2), learners: membersOn(3) });
      const two = new FakeWorld([1, 2, 3], next).elected();
      two.node(1).append([entry(2, 1)]);
      two.node(3).append([entry(2, 1)]);
      two.node(1).becomes({ commit: 2, configuration: next });
      world.violations.push(...two.violations);
    },
  },
  'a committed entry that is discarded': {
    breaks: /^R7: .* discards committed 2\/1/,
    by: (world) => {
      for (const id of [1, 2]) world.node(id).append([entry(2, 1), entry(3, 1)]);
      world.node(1).becomes({ commit: 2 });
      world.node(2).append([entry(2, 2)]);
    },
  },
  'a commit index that falls': {
    breaks: /^R9: .* commit falls from 1 to 0/,
    by: (world) => world.node(3).becomes({ commit: 0 }),
  },
  'a durable term that falls': {
    breaks: /^R9: .* term 1 over 4/,
    by: (world) => world.node(3).vote(4, 3).vote(1, 0),
  },
  'entries without the commit index that came with them': {
    breaks: /^R9: .* they came with 1/,
    by: (world) => {
      const entries = [entry(2, 1)];
      const node = world.node(3);
      node.hears({ type: 'append', previousIndex: 1, previousTerm: 1, commit: 1, entries });
      node.append(entries);
    },
  },
  'two votes in a term': {
    breaks: /^R10: replica 3 of group 1 votes for 2 and for 1 in term 5/,
    by: (world) => world.node(3).vote(5, 2).vote(5, 1),
  },
  'an acknowledgement before the disk': {
    breaks: /^R11: .* acknowledges 2, durable is 1/,
    by: (world) => {
      const node = world.node(2).append([entry(2, 1)], true);
      node.sends({ type: 'append-response', rejected: false, index: 2 });
    },
  },
  'a vote before the disk': {
    breaks: /^R11: .* grants 1 a vote/,
    by: (world) => {
      const vote = { term: 1, vote: 1, commit: 0 };
      const node = world.node(3).write({ hardState: vote }, true);
      node.sends({ type: 'vote-response', granted: true });
    },
  },
  'a campaign before the disk': {
    breaks: /^R11: .* campaigns in 2 before its own vote/,
    by: (world) => {
      world.node(3).vote(2, 0);
      const last = { lastIndex: 1, lastTerm: 1, transfer: true };
      world.node(3).sends({ type: 'vote', term: 2, ...last });
    },
  },
  'a commit of an old term by counting': {
    breaks: /^R12: .* leads term 2 and commits 2\/1/,
    by: (world) => {
      for (const node of world.fakes) node.append([entry(2, 1)]);
      succeeded(world).node(2).becomes({ commit: 2 });
    },
  },
  'a message of a term that is not durable': {
    breaks: /^R13: .* of term 9, durable is 1/,
    by: (world) => world.node(3).sends({ type: 'vote-response', term: 9, granted: false }),
  },
  'an acknowledgement of something else': {
    breaks: /^R13: .* acknowledges 2\/0?\d* to a leader/,
    by: (world) => {
      world.node(1).append([entry(2, 1)]);
      world.node(3).write({ entries: [entry(2, 3)], hardState: { term: 1, vote: 0, commit: 0 } });
      world.node(3).sends({ type: 'append-response', rejected: false, index: 2 });
    },
  },
  'an acknowledged entry that is discarded within the term': {
    breaks: /^R13: .* discards 3\/1, acknowledged in term 1/,
    by: (world) => {
      const node = world.node(3).append([entry(2, 1), entry(3, 1)]);
      node.sends({ type: 'append-response', rejected: false, index: 3 });
      node.append([entry(2, 1)]);
    },
  },
  'an answer to what was meant for another replica': {
    breaks: /^R13: .* to replica 1, which has not spoken to replica 3/,
    by: (world) => {
      const refusal = { type: 'append-response', rejected: true, index: 9 } as const;
      world.node(3).hears({ type: 'heartbeat', to: 8 }).sends(refusal, false);
    },
  },
  'the voice of another replica': {
    breaks: /^R13: .* is replica 3, not 4/,
    by: (world) => world.node(3).sends({ type: 'pre-vote-response', from: 4, granted: true }),
  },
  'a change before anything of the term is committed': {
    breaks: /^R14: .* before an entry of its term 2/,
    by: (world) => {
      const next = configuration({ learners: membersOn(10), nextReplica: 11 });
      succeeded(world)
        .node(2)
        .append([changeTo(2, 2, next)]);
    },
  },
  'voters that change in one step': {
    breaks: /^R14: .* voters change in one step/,
    by: (world) => world.node(1).append([changeTo(2, 1, configuration({ voters: membersOn(1) }))]),
  },
  'a second change before the first is committed': {
    breaks: /^R14: .* while 2 is not committed/,
    by: (world) => {
      const [one, two] = [membersOn(10), membersOn(10, 11)];
      const first = configuration({ learners: one, nextReplica: 11 });
      world.node(1).append([changeTo(2, 1, first)]);
      const second = configuration({ learners: two, nextReplica: 12 });
      world.node(1).append([changeTo(3, 1, second)]);
    },
  },
  'another configuration in force': {
    breaks: /^R14: .* acts by/,
    by: (world) => world.node(2).becomes({ configuration: configuration({ nextReplica: 11 }) }),
  },
  'a member that believes it was removed': {
    breaks: /^R14: .* believes that it was removed/,
    by: (world) => world.node(2).becomes({ removed: true }),
  },
  'a snapshot of something else': {
    breaks: /^R15: .* marks 1\/2, committed is 1/,
    by: (world) => {
      const snapshot = { index: 1, term: 2, configuration: configuration() };
      world.node(3).write({ snapshot });
    },
  },
  'a log that lets go too early': {
    breaks: /^R15: .* lets go of 1, its state is durable up to 0/,
    by: (world) => {
      const compact = { index: 1, term: 1, configuration: configuration() };
      world.node(3).write({ compact });
    },
  },
  'entries applied while installing': {
    breaks: /^R15: .* while it is installing/,
    by: (world) => {
      for (const node of world.fakes) node.append([entry(2, 1)]);
      world.node(1).becomes({ commit: 2 });
      world
        .node(2)
        .becomes({ installing: true, commit: 2 })
        .applies([entry(2, 1)]);
    },
  },
  'a snapshot that lost its revision': {
    breaks: /^R15: .* is at revision 0 instead of 1/,
    by: (world) => world.node(3).becomes({ installing: true }).becomes({ installing: false }),
  },
  'a read of the past': {
    breaks: /^R16: .* answers at revision 0; .* revision 1/,
    by: (world) => {
      world.observer.invoked?.(operation(1, 'read'));
      const read = { shard: group, node: 3, shardRevision: 0, found: undefined };
      world.observer.completed?.(operation(1, 'read'), { type: 'ok', read });
    },
  },
  'a voice from a failed log': {
    breaks: /^R17: /,
    by: (world) => {
      world.node(3).failure = new Error('EIO');
      world.node(3).sends({ type: 'append-response', rejected: false, index: 1 });
    },
  },
  'a log that goes on after its disk failed': {
    breaks: /^R17: .* durable after a write has failed/,
    by: (world) => {
      world.observer.diskFailed?.(world.node(3).process, 'write');
      world.node(3).append([entry(2, 1)]);
    },
  },
  'a log that recovers less': {
    breaks: /^R18: .* ends at 0 instead of 1/,
    by: (world) => {
      const mark = { index: 0, term: 0, configuration: configuration() };
      const { hardState, process, id } = world.node(3);
      const found = { group, replica: id, hardState, mark, lastIndex: 0, terms: [] };
      const groups = [{ ...found, configurations: [] }];
      world.observer.recovered?.(process, { groups, tombstones: new Map(), fresh: false });
    },
  },
  'a leader that nobody answers': {
    breaks: /^R20: .* no quorum has spoken/,
    by: (world) => {
      for (; world.nowMs < 1_000; world.nowMs += 100) world.node(1).becomes({});
    },
  },
  'a new term that nobody promised': {
    breaks: /^R20: .* campaigns in term 2 with promises of none/,
    by: (world) => {
      world.node(3).vote(2, 3);
      const last = { lastIndex: 1, lastTerm: 1, transfer: false };
      world.node(3).sends({ type: 'vote', term: 2, ...last });
    },
  },
  'a group that goes quiet too early': {
    breaks: /^G3: .* goes quiet at 2, node 3 has 1/,
    by: (world) => {
      for (const id of [1, 2]) world.node(id).append([entry(2, 1)]);
      world.node(1).becomes({ commit: 2 }).becomes({ quiet: true });
    },
  },
  'a write that takes effect twice': {
    breaks: /^E4: value c1.1. takes effect twice/,
    by: (world) => {
      const twice = [entry(2, 1, 'c1.1.'), entry(3, 1, 'c1.1.')];
      for (const node of world.fakes) node.append(twice);
      world
        .node(1)
        .becomes({ commit: 3 })
        .applies(twice, [created(2), created(3)]);
    },
  },
  'a refused write that is applied': {
    breaks: /^E4: put 1 of k was refused by node 1, but it is entry 2/,
    by: (world) => {
      world.observer.completed?.(operation(1, 'put', 'v'), { type: 'fail', code: 'no_leader' });
      for (const node of world.fakes) node.append([entry(2, 1, 'v')]);
      world
        .node(1)
        .becomes({ commit: 2 })
        .applies([entry(2, 1, 'v')], [created(2)]);
    },
  },
  'an acknowledged write that nobody has': {
    breaks: /^E4: .* and nobody has applied it/,
    by: (world) => world.observer.completed?.(operation(1, 'put', 'v'), written(2)),
  },
  'states that differ at the end': {
    breaks: /^R5: .* different states/,
    by: (world) => {
      world.node(3).hash = 'other';
      world.observer.finished?.();
    },
  },
  'replicas that differ at the end': {
    breaks: /^R19: .* have applied/,
    by: (world) => {
      world.node(3).becomes({ applied: 7, lastIndex: 7 });
      world.observer.finished?.();
    },
  },
  'a history that no register can have': {
    breaks: /^history invalid: /,
    by: (world) => {
      const { observer } = world;
      observer.invoked?.(operation(1, 'stale-read'));
      const found = { value: Buffer.from('x'), contentType: '', revision: 1 };
      const read = { shard: group, node: 3, shardRevision: 1, found };
      observer.completed?.(operation(1, 'stale-read'), { type: 'ok', read });
      observer.finished?.();
    },
  },
};

for (const [name, { breaks, by }] of Object.entries(broken)) {
  t.test(name, async (t) => {
    const world = calm();
    t.strictSame(world.violations, [], 'all is well before');
    by(world);
    t.ok(
      world.violations.some((violation) => breaks.test(violation)),
      `${breaks} is among:\n${world.violations.join('\n')}`,
    );
  });
}
