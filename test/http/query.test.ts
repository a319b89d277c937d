import t from 'tap';
import { Problem } from '../../src/http/problems.js';
import { parseQuery, parseReadQuery, parseWriteQuery } from '../../src/http/query.js';

const code = (result: unknown) => (result instanceof Problem ? result.code : result);

t.test('reads', (t) => {
  const plain = { consistency: 'linearizable', maxStalenessMs: undefined };
  t.same(parseReadQuery(undefined), plain);
  t.same(parseReadQuery(''), plain);
  t.same(parseReadQuery('consistency=linearizable'), plain);
  t.same(parseReadQuery('%63onsistency=st%61le'), { ...plain, consistency: 'stale' });
  const bounded = { consistency: 'stale', maxStalenessMs: 2000 };
  t.same(parseReadQuery('consistency=stale&max_staleness=2s'), bounded);
  t.same(parseReadQuery('max_staleness=2s&consistency=stale'), bounded);
  t.end();
});

t.test('a read refuses what it does not know, by name', (t) => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['consistency=strong', 'invalid_parameter', 'consistency'],
    ['consistency=', 'invalid_parameter', 'consistency'],
    ['consistency', 'invalid_parameter', 'consistency'],
    ['Consistency=stale', 'unknown_parameter', 'Consistency'],
    ['consistency=stale&consistency=stale', 'repeated_parameter', 'consistency'],
    ['consistency=lease', 'not_built', 'consistency'],
    ['ttl=3s', 'unknown_parameter', 'ttl'],
    ['level=x', 'unknown_parameter', 'level'],
    ['__proto__=x', 'unknown_parameter', '__proto__'],
    ['&', 'unknown_parameter', ''],
    ['max_staleness=2s', 'invalid_parameter', 'max_staleness'],
    ['consistency=linearizable&max_staleness=2s', 'invalid_parameter', 'max_staleness'],
    ['consistency=stale&max_staleness=2', 'invalid_parameter', 'max_staleness'],
    ['consistency=stale&max_staleness=0ms', 'invalid_parameter', 'max_staleness'],
    ['consistency=stale+', 'invalid_parameter', 'consistency'],
    ['%zz=1', 'invalid_parameter', '%zz=1'],
    ['consistency=%ff', 'invalid_parameter', 'consistency=%ff'],
  ];
  for (const [query, expected, parameter] of cases) {
    const result = parseReadQuery(query);
    t.equal(code(result), expected, query);
    t.equal(result instanceof Problem && result.facts.parameter, parameter);
  }
  t.match(parseReadQuery('consistency=x'), { facts: { allowed: ['linearizable', 'stale'] } });
  t.end();
});

t.test('writes take nothing yet', (t) => {
  t.equal(parseWriteQuery(undefined, 'put'), undefined);
  t.equal(parseWriteQuery('', 'delete'), undefined);
  t.equal(code(parseWriteQuery('ttl=30s', 'put')), 'not_built');
  t.equal(code(parseWriteQuery('ttl=30s&ttl=30s', 'put')), 'repeated_parameter');
  t.equal(code(parseWriteQuery('ttl=30s', 'delete')), 'unknown_parameter');
  t.equal(code(parseWriteQuery('consistency=stale', 'put')), 'unknown_parameter');
  t.end();
});

t.test('a long name is cut in the answer', (t) => {
  const result = parseQuery(`${'x'.repeat(500)}=1`, []);
  t.equal(result instanceof Problem && result.facts.parameter?.length, 64);
  t.end();
});
