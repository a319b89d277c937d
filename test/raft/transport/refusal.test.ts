/** What a stranger says is shown to people only after it was made harmless. */
import t from 'tap';
import {
  parseRefusal,
  printable,
  refusal,
  refusalMessageCharactersMax,
  refusalText,
} from '../../../src/raft/transport/refusal.js';

t.test('a refusal comes back from its JSON', async (t) => {
  const sent = refusal('wrong-cluster', 'that is another one');
  t.strictSame(parseRefusal(JSON.stringify(sent)), sent);
  t.equal(refusalText(sent), 'wrong-cluster: that is another one');
});

t.test('anything else is no refusal', async (t) => {
  const others = ['', 'x', 'null', '[]', '{}', '{"code":"x","message":"y"}', '{"code":"busy"}'];
  for (const text of others) t.equal(parseRefusal(text), undefined, text);
});

t.test('control characters and floods are taken out', async (t) => {
  const sent = { code: 'busy', message: `a\n\u001b[31m\u202e${'x'.repeat(10_000)}` };
  const message = parseRefusal(JSON.stringify(sent))?.message ?? '';
  t.ok(message.startsWith('a??[31m?xxx'));
  t.equal(message.length, refusalMessageCharactersMax);
  t.equal(printable('für ключ 鍵'), 'für ключ 鍵', 'other scripts stay');
});
