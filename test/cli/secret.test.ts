import { format, inspect } from 'node:util';
import t from 'tap';
import { Secret } from '../../src/cli/secret.js';

t.test('a secret shows itself only when asked by name', async (t) => {
  const secret = new Secret('correct horse battery');
  t.equal(secret.reveal(), 'correct horse battery');
  const shown = [
    String(secret),
    JSON.stringify({ secret }),
    inspect({ secret }),
    format('%o', secret),
  ];
  for (const text of shown) t.notMatch(text, /horse/);
  t.equal(String(secret), '(not shown)');
});
