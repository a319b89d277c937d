import { readFile } from 'node:fs/promises';
import t from 'tap';
import { problemBody, problems, retryAfterSeconds } from '../../src/http/problems.js';
import { kvErrors } from '../../src/kv/errors.js';

const documentation = new URL('../../../docs/ERRORS.md', import.meta.url);

t.test('the catalogue and docs/ERRORS.md agree both ways', async (t) => {
  const text = await readFile(documentation, 'utf8');
  const rows = text
    .split('\n')
    .filter((line) => /^\| `[a-z_]+` \|/.test(line))
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')));
  const documented = new Map(rows.map((row) => [(row[0] ?? '').replaceAll('`', ''), row]));
  t.equal(documented.size, rows.length, 'no code is listed twice');
  t.same([...documented.keys()].sort(), Object.keys(problems).sort(), 'the same codes');
  for (const [code, kind] of Object.entries(problems)) {
    const row = documented.get(code);
    const { status, outcome, retryable, title, advice } = kind;
    t.same(row?.slice(1), [String(status), outcome, retryable ? 'yes' : 'no', title, advice], code);
  }
});

t.test('every code of the key-value layer has a status and keeps its outcome', (t) => {
  for (const [code, { outcome, retryable, sentence }] of Object.entries(kvErrors)) {
    const kind = problems[code as keyof typeof kvErrors];
    t.match(kind, { outcome, retryable, title: sentence }, code);
    t.ok(kind.status >= 400 && kind.status < 600);
  }
  t.end();
});

t.test('what is unknown is never called retryable, and never below 500', (t) => {
  for (const [code, kind] of Object.entries(problems)) {
    if (kind.outcome !== 'unknown') continue;
    t.equal(kind.retryable, false, code);
    t.ok(kind.status >= 500, code);
  }
  t.end();
});

t.test('the body has the members of RFC 9457 and ours', (t) => {
  const request = { id: 'r-1', instance: '/v1/kv/a' };
  const body = JSON.parse(problemBody('no_leader', { shard: 3, retryAfterMs: 1500 }, request));
  t.same(body, {
    type: '/docs/errors/no_leader',
    title: problems.no_leader.title,
    status: 503,
    detail: problems.no_leader.title,
    instance: '/v1/kv/a',
    code: 'no_leader',
    outcome: 'not_applied',
    retryable: true,
    retry_after_ms: 1500,
    shard: 3,
    request_id: 'r-1',
  });
  t.end();
});

t.test('Retry-After is whole seconds, at least one, and only where waiting helps', (t) => {
  t.equal(retryAfterSeconds('no_leader', {}), 1);
  t.equal(retryAfterSeconds('no_leader', { retryAfterMs: 1001 }), 2);
  t.equal(retryAfterSeconds('stopping', { retryAfterMs: 0 }), 1);
  t.equal(retryAfterSeconds('outcome_unknown', {}), undefined);
  t.equal(retryAfterSeconds('invalid_key', {}), undefined);
  t.end();
});
