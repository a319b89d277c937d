import t from 'tap';
import { done, failed, undone, wait } from '../../../src/kv/balance/step-verdict.js';

t.test('a verdict says why', async (t) => {
  t.same(done('a'), { kind: 'done', because: 'a' });
  t.same(undone('b'), { kind: 'undone', because: 'b' });
  t.same(failed('c'), { kind: 'failed', because: 'c' });
  t.same(wait('promoting', 'd'), { kind: 'wait', state: 'promoting', because: 'd' });
});
