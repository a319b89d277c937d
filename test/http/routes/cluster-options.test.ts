import t from 'tap';
import { nodeNumber, shardNumber } from '../../../src/http/routes/cluster-options.js';

t.test('what is no number is no node and no shard', async (t) => {
  t.same([nodeNumber('65535'), shardNumber('7')], [65_535, 7]);
  for (const bad of ['0', '-1', '1.5', 'x', '', '007', '1234567890']) {
    t.throws(() => nodeNumber(bad), { code: 'node_not_found' }, bad);
    t.throws(() => shardNumber(bad), { code: 'shard_not_found' }, bad);
  }
});
