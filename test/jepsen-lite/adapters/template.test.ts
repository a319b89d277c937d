/** Keys and values arrive as they were meant, whatever is in them. */
import t from 'tap';
import { fill } from '../../../jepsen-lite/adapters/template.js';

const holes = { key: 'a/b "c"', value: '{key} $&', revision: 7, timeoutMs: 900 };

t.test('holes are filled, each in its encoding', async (t) => {
  t.equal(fill('/kv/{key}?cas={revision}', holes, 'url'), '/kv/a%2Fb%20%22c%22?cas=7');
  t.equal(fill('{"k":{key|json}}', holes, 'raw'), '{"k":"a/b \\"c\\""}');
  t.equal(fill('{key|base64}', holes, 'raw'), Buffer.from('a/b "c"').toString('base64'));
  t.equal(fill('{value}', holes, 'raw'), '{key} $&', 'what is filled in is not filled again');
  t.equal(fill('{timeoutMs}ms {other}', holes, 'raw'), '900ms {other}');
});

t.test('a hole that nothing is known for is an error of the description', async (t) => {
  t.throws(() => fill('{expected}', holes, 'raw'), /\{expected\}/);
});
