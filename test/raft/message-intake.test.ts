/** Where messages of other nodes go. */
import t, { type Test } from 'tap';
import type { Message } from '../../src/raft/core/types.js';
import type { GroupLifecycle } from '../../src/raft/group-lifecycle.js';
import { MessageIntake } from '../../src/raft/message-intake.js';
import { HostWorld, replicaOf } from './host-world.js';

function world(t: Test) {
  const group = new HostWorld(t).at(1).host.group(1);
  if (group === undefined) throw new Error('the group exists');
  const given: Message[] = [];
  const addressed: number[] = [];
  const buried: number[] = [];
  const asked: object[] = [];
  const log = { full: false };
  const intake = new MessageIntake({
    group: (id) => (id === 1 ? group : undefined),
    lifecycle: { addressed: (id: number) => addressed.push(id) } as unknown as GroupLifecycle,
    logIsFull: () => log.full,
    give: (_group, message) => given.push(message),
    bury: ({ id }) => buried.push(id),
    onAskedToLead: (what) => asked.push(what),
  });
  const send = (from: number, message: Partial<Message>, id = 1) => {
    const whole = { type: 'heartbeat', from: replicaOf(2), to: replicaOf(1), term: 1, ...message };
    intake.take(from, [{ group: id, message: whole as Message }]);
  };
  return { group, intake, given, addressed, buried, asked, log, send };
}

t.test(
  'a replica speaks through its own node; a stranger through any, and is remembered',
  async (t) => {
    const { given, group, intake, send } = world(t);
    send(2, {});
    t.equal(given.length, 1);
    send(3, {});
    t.equal(given.length, 1, 'replica 12 does not live on node 3');
    t.equal(intake.dropped, 1);
    send(7, { from: 99 });
    t.equal(given.length, 2, 'the core knows whether it is younger or gone (G2, sys 28)');
    t.equal(group.nodeOf(99), 7);
  },
);

t.test(
  'G2: messages to an earlier replica are dropped, a later one ends the one here',
  async (t) => {
    const { given, buried, intake, send } = world(t);
    send(2, { to: replicaOf(1) - 1 });
    t.same([given.length, buried.length, intake.dropped], [0, 0, 1]);
    send(2, { to: replicaOf(1) + 1 });
    t.same(buried, [1]);
    t.equal(given.length, 0);
  },
);

t.test('what is for another group may bring that into being', async (t) => {
  const { addressed, send } = world(t);
  send(2, {}, 5);
  t.same(addressed, [5]);
});

t.test('while the log is full nothing that adds to it is taken', async (t) => {
  const { given, addressed, intake, log, send } = world(t);
  log.full = true;
  for (const type of ['append', 'vote', 'pre-vote'] as const) send(2, { type } as never);
  send(2, { type: 'append' } as never, 5);
  t.same([given.length, addressed.length, intake.dropped], [0, 0, 4]);
  send(2, {});
  t.equal(given.length, 1, 'heartbeats need no disk');
});

t.test('who gives this node a leadership is told', async (t) => {
  const { asked, send } = world(t);
  send(2, { type: 'timeout-now' } as never);
  t.same(asked, [{ group: 1, by: 2 }]);
});
