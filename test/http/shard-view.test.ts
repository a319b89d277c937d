import t from 'tap';
import { shardView } from '../../src/http/shard-view.js';
import { FakeService } from './fake-service.js';

const transfer = { group: 1, index: 9, term: 2, bytesDone: 3, bytesTotal: 10 } as const;

t.test('a snapshot is shown where it is: with whom it is sent to, or with the own copy', (t) => {
  const [shard] = new FakeService().shards();
  if (shard === undefined) return t.end();
  const progress = { state: 'snapshot', match: 0, lag: 9, active: true } as const;
  const members = [...shard.members, { node: 4, replica: 7, role: 'learner', progress } as const];
  const sending = { ...transfer, peer: 4, state: 'sending' } as const;
  const view = shardView({ ...shard, members, changing: true }, [
    { ...sending, group: 2 },
    { ...sending, peer: 3, group: 2 },
    sending,
  ]);
  t.equal(view.changing, true);
  t.match(view.members[0], { node: 1, role: 'voter', progress: null, snapshot: null });
  t.same(view.members[3], {
    node: 4,
    replica: 7,
    role: 'learner',
    progress,
    snapshot: { state: 'sending', index: 9, bytes_done: 3, bytes_total: 10 },
  });
  t.equal(view.replica?.snapshot, null);
  const installing = { ...transfer, peer: undefined, state: 'installing' } as const;
  const own = shardView(shard, [installing]).replica;
  t.match(own, { damaged: false, quiet: false, voter: true, snapshot: { state: 'installing' } });
  t.end();
});
