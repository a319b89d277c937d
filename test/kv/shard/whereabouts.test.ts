/** Whom to ask for a shard. */
import t from 'tap';
import { KvError } from '../../../src/kv/errors.js';
import { Whereabouts } from '../../../src/kv/shard/whereabouts.js';

const shard = {
  group: 1,
  range: { start: 0, end: 2 ** 32 },
  members: [2, 3].map((node) => ({ node, replica: node })),
  ringPosition: 0,
  preferredLeader: 3,
};
const write = { write: true, prefer: undefined };

function from(node: number, held?: { members: number[]; leader: number | undefined }) {
  return new Whereabouts({
    node,
    nodes: [1, 2, 3, 4, 5],
    local: {
      holds: () => held !== undefined,
      leaderOf: () => held?.leader,
      membersOf: () => held?.members,
    },
  });
}

const asked = (whereabouts: Whereabouts, count: number, wish = write) =>
  Array.from({ length: count }, (_, refusals) => whereabouts.target(shard, refusals, wish));

t.test('F8: a shard whose members all moved is still found', async (t) => {
  t.same(asked(from(1), 5), [2, 3, 4, 5, 2], 'who held it, then everybody else');
});

t.test('a hint goes first, and the others get their turn', async (t) => {
  const whereabouts = from(1);
  whereabouts.note(1, 5);
  t.equal(whereabouts.leaderOf(1), 5);
  t.same(asked(whereabouts, 9), [5, 5, 2, 5, 5, 3, 5, 5, 4]);
});

t.test('refusals teach: somebody else is named, or the hint was wrong', async (t) => {
  const whereabouts = from(1);
  const refusal = (leader?: number) =>
    new KvError('not_leader', { shard: 1, ...(leader !== undefined && { leader }) });
  t.ok(whereabouts.learn(1, 2, refusal(4)));
  t.equal(whereabouts.leaderOf(1), 4);
  t.notOk(whereabouts.learn(1, 4, refusal(4)), 'itself');
  t.equal(whereabouts.leaderOf(1), undefined);
  t.notOk(whereabouts.learn(1, 4, refusal(1)), 'this node, which holds nothing');
});

t.test('who served last is asked before those of the map, until it refuses', async (t) => {
  const whereabouts = from(1);
  whereabouts.served(1, 4);
  t.same(asked(whereabouts, 4), [4, 2, 3, 5]);
  whereabouts.learn(1, 4, new KvError('not_leader', { shard: 1 }));
  t.same(asked(whereabouts, 4), [2, 3, 4, 5]);
});

t.test('a replica here knows better: writes go to whom it hears, or nowhere', async (t) => {
  t.same(asked(from(1, { members: [1, 4, 5], leader: 4 }), 3), [4, 4, 4]);
  t.same(asked(from(1, { members: [1, 4, 5], leader: undefined }), 2), [undefined, undefined]);
  const read = { write: false, prefer: undefined };
  t.same(
    asked(from(1, { members: [1, 4, 5], leader: undefined }), 4, read),
    [4, 5, 2, 3],
    'its members before those of the map',
  );
  t.same(
    asked(from(1, { members: [1, 4, 5], leader: 5 }), 3, { ...read, prefer: 1 } as never),
    [1, 5, 1],
  );
});
