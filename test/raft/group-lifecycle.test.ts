/** Replicas that come into being by a message, and those that were removed for ever. */
import t from 'tap';
import { AppendQueue } from '../../src/raft/append-queue.js';
import type { Message } from '../../src/raft/core/types.js';
import { GroupLifecycle } from '../../src/raft/group-lifecycle.js';
import { FakeStateMachine } from './fake-state-machine.js';

function world() {
  const queue = new AppendQueue();
  const { snapshots: files } = new FakeStateMachine();
  const failures: Error[] = [];
  const lifecycle = new GroupLifecycle({
    queue,
    files,
    logger: { info() {}, warn() {}, error() {} },
    mayLive: (group) => group <= 9,
    fail: (error) => failures.push(error),
  });
  const take = () => queue.take(1_000).wal;
  return { queue, files, failures, lifecycle, take };
}

const message = (to: number, type: Message['type'] = 'heartbeat') =>
  ({ type, from: 1, to, term: 5 }) as unknown as Message;
const settle = () => new Promise((resolve) => setImmediate(resolve));

t.test('a message creates the replica that it names, uninitialised, once', async (t) => {
  const { lifecycle, take, queue } = world();
  lifecycle.addressed(3, message(7));
  lifecycle.addressed(3, message(7));
  lifecycle.addressed(3, message(8));
  const batch = take();
  t.match(batch.created, [
    {
      group: 3,
      replica: 7,
      mark: { index: 0, term: 0, configuration: { voters: [], learners: [], nextReplica: 0 } },
      hardState: { term: 0, vote: 0, commit: 0 },
    },
  ]);
  t.equal(batch.created.length, 1);
  t.same(lifecycle.durable(batch), batch.created, 'it lives from here on');
  t.ok(queue.empty);
});

t.test(
  'answers, groups that cannot be here, and requests of no leader create nothing',
  async (t) => {
    const { lifecycle, queue } = world();
    lifecycle.addressed(10, message(7));
    for (const type of [
      'append-response',
      'heartbeat-response',
      'vote-response',
      'timeout-now',
      'read-index',
      'gone',
    ] as const) {
      lifecycle.addressed(3, message(7, type));
    }
    t.ok(queue.empty);
    for (const type of ['append', 'snapshot', 'pre-vote', 'vote'] as const) {
      lifecycle.addressed(3, message(7, type));
      t.equal(queue.take(1).wal.created.length, 1, type);
      lifecycle.durable({ created: [{ group: 3 } as never], removed: [], writes: [] });
    }
  },
);

t.test('G2, sys 26: no late message creates a removed replica again', async (t) => {
  const { lifecycle, take, files, queue } = world();
  lifecycle.bury(3, 7);
  const batch = take();
  t.same(batch.removed, [{ group: 3, minReplica: 8 }]);
  let dropped = () => {};
  files.before = () => new Promise<void>((resolve) => (dropped = resolve));
  lifecycle.addressed(3, message(8));
  t.ok(queue.empty, 'its tombstone is not durable yet');
  lifecycle.durable(batch);
  await settle();
  lifecycle.addressed(3, message(8));
  t.ok(queue.empty, 'the old state is still there');
  dropped();
  await settle();
  lifecycle.addressed(3, message(7));
  lifecycle.addressed(3, message(2));
  t.ok(queue.empty, 'an old id is dead for ever');
  lifecycle.addressed(3, message(8));
  t.equal(take().created[0]?.replica, 8, 'a new one is somebody else');
});

t.test('what a crash left of removed replicas goes at the start', async (t) => {
  const { lifecycle, files, take, queue } = world();
  const groups = [{ group: 4 }] as never;
  lifecycle.start({
    groups,
    tombstones: new Map([
      [3, 8],
      [4, 5],
    ]),
  });
  await settle();
  t.same(files.steps, ['drop 3'], 'and not the state of the replica that came after');
  lifecycle.addressed(3, message(7));
  t.ok(queue.empty, 'tombstones survive');
  lifecycle.addressed(3, message(9));
  t.equal(take().created[0]?.replica, 9);
});

t.test('a disk that fails while dropping stops the node', async (t) => {
  const { lifecycle, files, failures } = world();
  files.before = () => {
    throw new Error('EIO');
  };
  lifecycle.start({ groups: [], tombstones: new Map([[3, 8]]) });
  await settle();
  t.match(failures, [{ message: 'EIO' }]);
});
