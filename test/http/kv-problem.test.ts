import t from 'tap';
import { kvProblemFacts } from '../../src/http/kv-problem.js';
import { KvError } from '../../src/kv/errors.js';

t.test('every fact of an error has its member in the problem', (t) => {
  const error = new KvError(
    'epoch_mismatch',
    {
      shard: 3,
      leader: 2,
      leaderHttpAddress: 'a:1',
      retryAfterMs: 5,
      stalenessMs: 1.2,
      currentEpoch: 7,
    },
    'why',
  );
  t.same(kvProblemFacts(error), {
    detail: 'why',
    shard: 3,
    leader_node: 2,
    leader_address: 'a:1',
    retryAfterMs: 5,
    staleness_ms: 2,
    current_epoch: 7,
  });
  t.same(kvProblemFacts(new KvError('last_voter', {}, 'why')), { detail: 'why' });
  t.end();
});
