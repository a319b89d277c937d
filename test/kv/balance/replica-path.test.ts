import t from 'tap';
import type { ShardSight } from '../../../src/kv/balance/cluster-control.js';
import type { StepAction } from '../../../src/kv/balance/plan.js';
import { follows, type ReplicaAction, replicaPath } from '../../../src/kv/balance/replica-path.js';
import type { Heading, StepVerdict } from '../../../src/kv/balance/step-verdict.js';
import type { MemberProgress, ShardMember } from '../../../src/kv/service.js';
import { FakeDocuments, nodeDocument } from './fake-documents.js';

const current: MemberProgress = { state: 'replicate', match: 100, lag: 0, active: true };
const behind: MemberProgress = { state: 'snapshot', match: 0, lag: 5_000, active: true };
const away: MemberProgress = { ...current, active: false };

const voter = (node: number, progress: MemberProgress | undefined = current): ShardMember => {
  return { node, replica: node, role: 'voter', ...(progress !== undefined && { progress }) };
};
const learner = (node: number, progress: MemberProgress = current): ShardMember => {
  return { node, replica: node, role: 'learner', progress };
};

function sightOf(members: readonly ShardMember[], leader = 2): ShardSight {
  return {
    ...{ shard: 1, range: { start: 0, end: 1000 }, epoch: { range: 1, members: 7 } },
    ...{ leader, members, changing: false, sealed: false, copies: [] },
  };
}

interface Options {
  readonly heading?: Heading;
  readonly nodes?: readonly Parameters<typeof nodeDocument>[];
  /** Members as the map has them. */
  readonly listed?: readonly ShardMember[];
  readonly preferredLeader?: number;
}

function verdict(action: ReplicaAction, sight: ShardSight, options: Options = {}): StepVerdict {
  const store = new FakeDocuments();
  for (const node of [1, 2, 3, 4, 5]) store.put(`nodes/${node}`, nodeDocument(node));
  for (const node of options.nodes ?? []) store.put(`nodes/${node[0]}`, nodeDocument(...node));
  const members = (options.listed ?? [voter(1), voter(2), voter(3)]).map((member) => {
    return { node: member.node, replica: member.replica, role: member.role };
  });
  const { preferredLeader = 2 } = options;
  const { shard: group, range, epoch } = sight;
  const document = { group, range, epoch, members, ringPosition: 1, preferredLeader };
  store.put('shards/1', document);
  const { heading = 'forward' } = options;
  const documents = store.documents();
  return replicaPath(action, sight, { heading, sightings: new Map(), documents });
}

const move: Extract<StepAction, { kind: 'move' }> = { kind: 'move', shard: 1, from: 1, to: 4 };
const asked = (state: string, request: object) => {
  return { kind: 'request', state, request: { kind: 'members', request } };
};

t.test('a move, from one look to the next', async (t) => {
  const old = [voter(1), voter(2), voter(3)];
  const add = { action: 'add', node: 4, learner: true, force: false, expectedEpoch: 7 };
  t.match(verdict(move, sightOf(old)), asked('adding_learner', add));
  const copying = verdict(move, sightOf([...old, learner(4, behind)]));
  t.match(copying, { kind: 'wait', state: 'catching_up', because: /snapshot/ });
  const promote = { action: 'promote', node: 4, expectedEpoch: 7 };
  t.match(verdict(move, sightOf([...old, learner(4)])), asked('promoting', promote));
  const four = [...old, voter(4)];
  const remove = { action: 'remove', node: 1, expectedEpoch: 7 };
  t.match(verdict(move, sightOf(four)), asked('removing_old', remove));
  t.match(verdict(move, sightOf([voter(2), voter(3), voter(4)])), { kind: 'done' });
});

t.test('the leader goes before its replica is removed', async (t) => {
  const four = [voter(1), voter(2), voter(3), voter(4)];
  const to = (options: Options, members = four) => {
    const result = verdict(move, sightOf(members, 1), options);
    return result.kind === 'request' && result.request.kind === 'transfer' && result.request.to;
  };
  t.equal(to({ preferredLeader: 3 }), 3, 'to whom the map prefers');
  t.equal(to({ preferredLeader: 1 }), 4, 'else to who came in its place');
  t.equal(to({ preferredLeader: 3, nodes: [[3, { draining: true }]] }), 4, 'not to who goes too');
  const late = [voter(1), voter(2), voter(3, away), voter(4)];
  t.equal(to({ preferredLeader: 3 }, late), 4, 'not to who is away');
  const alone = [voter(1), voter(2, away), voter(3, away), voter(4, away)];
  t.match(verdict(move, sightOf(alone, 1)), { kind: 'wait' }, 'a voter that is away cannot lead');
});

t.test('the old replica stays as long as the new one does not follow', async (t) => {
  const lagging = verdict(move, sightOf([voter(1), voter(2), voter(3), voter(4, away)]));
  t.match(lagging, { kind: 'wait', state: 'catching_up', because: /not heard from/ });
});

t.test('a learner that moves is no voter on the way', async (t) => {
  const members = [voter(1), voter(2), voter(3), learner(5)];
  const reader: ReplicaAction = { kind: 'move', shard: 1, from: 5, to: 4 };
  const options = { listed: members };
  t.match(verdict(reader, sightOf(members), options), { state: 'adding_learner' });
  const both = [...members, learner(4)];
  t.match(verdict(reader, sightOf(both), options), asked('removing_old', { node: 5 }));
  const moved = [voter(1), voter(2), voter(3), learner(4)];
  t.match(verdict(reader, sightOf(moved), options), { kind: 'done' }, 'the map says what it was');
});

t.test('there is nothing to wait for where a node is gone', async (t) => {
  const old = [voter(1), voter(2), voter(3)];
  const dead: Options = { nodes: [[4, { state: 'dead' }]] };
  t.match(verdict(move, sightOf(old), dead), { kind: 'failed', because: /dead/ });
  t.match(verdict(move, sightOf([...old, learner(4, away)]), dead), { kind: 'failed' });
  t.match(verdict(move, sightOf([...old, voter(4, away)]), dead), { kind: 'failed' });
  t.match(verdict(move, sightOf(old), { nodes: [[4, { draining: true }]] }), { kind: 'failed' });
  const suspect: Options = { nodes: [[4, { state: 'suspect' }]] };
  t.match(verdict(move, sightOf(old), suspect), { kind: 'wait', state: 'waiting' });
  const unknown: ReplicaAction = { ...move, to: 9 };
  t.match(verdict(unknown, sightOf(old)), { kind: 'failed', because: /no node of the cluster/ });
  const otherHand = verdict(move, sightOf([voter(2), voter(3)]));
  t.match(otherHand, { kind: 'failed', because: /somebody else removed it/ });
});

t.test('back: a replica that does not vote yet is taken back', async (t) => {
  const back: Options = { heading: 'back' };
  const old = [voter(1), voter(2), voter(3)];
  t.match(verdict(move, sightOf(old), back), { kind: 'undone' });
  for (const progress of [behind, current]) {
    const result = verdict(move, sightOf([...old, learner(4, progress)]), back);
    t.match(result, asked('undoing', { action: 'remove', node: 4, expectedEpoch: 7 }));
  }
  const listed = [...old, learner(4)];
  t.match(verdict(move, sightOf(listed), { ...back, listed }), { kind: 'undone' }, 'was there');
});

t.test('back: a move whose new replica votes is completed, unless that one is lost', async (t) => {
  const back: Options = { heading: 'back' };
  const old = [voter(1), voter(2), voter(3)];
  t.match(verdict(move, sightOf([...old, voter(4)]), back), asked('removing_old', { node: 1 }));
  const lost = verdict(move, sightOf([...old, voter(4, away)]), back);
  t.match(lost, asked('undoing', { action: 'remove', node: 4 }));
  t.match(verdict(move, sightOf([voter(2), voter(3), voter(4)]), back), { kind: 'done' });
});

t.test('one replica more', async (t) => {
  const three = [voter(1), voter(2), voter(3)];
  const add = (role: 'voter' | 'learner'): ReplicaAction => {
    return { kind: 'add-replica', shard: 1, node: 5, role };
  };
  t.match(verdict(add('learner'), sightOf(three)), { state: 'adding_learner' });
  t.match(verdict(add('learner'), sightOf([...three, learner(5, behind)])), { kind: 'wait' });
  t.match(verdict(add('learner'), sightOf([...three, learner(5)])), { kind: 'done' });
  t.match(verdict(add('voter'), sightOf([...three, learner(5)])), { state: 'promoting' });
  t.match(verdict(add('voter'), sightOf([...three, voter(5)])), { kind: 'done' });
  const back: Options = { heading: 'back' };
  t.match(verdict(add('voter'), sightOf([...three, learner(5)]), back), { state: 'undoing' });
  t.match(verdict(add('voter'), sightOf(three), back), { kind: 'undone' });
});

t.test('one replica less, never below one less than there should be', async (t) => {
  const remove: ReplicaAction = { kind: 'remove-replica', shard: 1, node: 1 };
  const three = [voter(1), voter(2), voter(3)];
  t.match(verdict(remove, sightOf(three)), asked('removing_old', { action: 'remove', node: 1 }));
  t.match(verdict(remove, sightOf(three, 1)), { state: 'moving_leader' });
  const two = verdict(remove, sightOf([voter(1), voter(2)]));
  t.match(two, { kind: 'failed', because: /1 voter\(s\) of 2/ });
  t.match(verdict(remove, sightOf([voter(2), voter(3)])), { kind: 'done' });
  t.match(
    verdict(remove, sightOf([learner(1), voter(2)])),
    { kind: 'request' },
    'a learner may go',
  );
  t.match(verdict(remove, sightOf(three), { heading: 'back' }), { kind: 'undone' });
});

t.test('who follows', async (t) => {
  t.ok(follows(voter(1)));
  t.notOk(follows(voter(1, away)));
  t.notOk(follows(voter(1, { ...current, lag: 1_001 })));
  t.notOk(follows(voter(1, { ...current, state: 'probe' })));
  t.notOk(follows({ node: 1, replica: 1, role: 'voter' }));
});
