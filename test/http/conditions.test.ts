import t from 'tap';
import { judgeRead, parseReadCondition, parseWriteCondition } from '../../src/http/conditions.js';
import { Problem } from '../../src/http/problems.js';

t.test('writes: one strong tag, or *, or create only', (t) => {
  t.same(parseWriteCondition(undefined, undefined), {});
  t.same(parseWriteCondition('"42"', undefined), { ifMatch: 42 });
  t.same(parseWriteCondition('*', undefined), { ifMatch: '*' });
  t.same(parseWriteCondition(undefined, '*'), { ifNoneMatch: '*' });
  t.same(parseWriteCondition('"9007199254740991"', '*'), {
    ifMatch: Number.MAX_SAFE_INTEGER,
    ifNoneMatch: '*',
  });
  t.end();
});

t.test('writes refuse anything else', (t) => {
  const tags = [
    '',
    '42',
    'W/"42"',
    '"42", "43"',
    '"0"',
    '"01"',
    '"-1"',
    '"abc"',
    '"42',
    '42"',
    '**',
  ];
  for (const tag of [
    ...tags,
    '"9007199254740992"',
    '"99999999999999999"',
    '"4 2"',
    ' "42"',
    '"4\xff"',
  ]) {
    const result = parseWriteCondition(tag, undefined);
    t.match(result, { code: 'invalid_header', facts: { header: 'If-Match' } }, tag);
  }
  for (const tag of ['', '"42"', 'W/"42"', '*, *']) {
    const result = parseWriteCondition(undefined, tag);
    t.match(result, { code: 'invalid_header', facts: { header: 'If-None-Match' } }, tag);
  }
  t.end();
});

/** RFC 9110, 13.1.1 and 13.1.2, for a key at revision 42. */
function judge(ifMatch: string | undefined, ifNoneMatch: string | undefined): string {
  const condition = parseReadCondition(ifMatch, ifNoneMatch);
  if (condition instanceof Problem) return condition.code;
  return condition === undefined ? 'send' : judgeRead(condition, 42);
}

t.test('reads: If-None-Match is compared weakly, over lists', (t) => {
  t.equal(judge(undefined, undefined), 'send');
  t.equal(judge(undefined, '"42"'), 'not-modified');
  t.equal(judge(undefined, 'W/"42"'), 'not-modified');
  t.equal(judge(undefined, '"1" , W/"42",'), 'not-modified');
  t.equal(judge(undefined, ', ,"41",,"42"'), 'not-modified');
  t.equal(judge(undefined, '*'), 'not-modified');
  t.equal(judge(undefined, '"41", "anything, at all"'), 'send');
  t.end();
});

t.test('reads: If-Match is compared strongly and goes first', (t) => {
  t.equal(judge('"42"', undefined), 'send');
  t.equal(judge('*', undefined), 'send');
  t.equal(judge('"41", "42"', undefined), 'send');
  t.equal(judge('"41"', undefined), 'precondition-failed');
  t.equal(judge('"41"', '"42"'), 'precondition-failed');
  t.equal(judge('"42"', '"42"'), 'not-modified');
  t.equal(judge('W/"42"', undefined), 'invalid_header');
  t.end();
});

t.test('reads refuse malformed lists', (t) => {
  for (const bad of [
    '',
    ',',
    '42',
    '"42',
    '"42" "43"',
    'w/"42"',
    'W/42',
    '*, "42"',
    '"4"2"',
    '"a b"',
  ]) {
    t.equal(judge(undefined, bad), 'invalid_header', bad);
    t.equal(judge(bad, undefined), 'invalid_header', bad);
  }
  t.end();
});

t.test('a long hostile list is read in linear time', (t) => {
  t.equal(judge(undefined, `${' '.repeat(16_000)}x`), 'invalid_header');
  t.equal(judge(undefined, '"1",'.repeat(4000)), 'send');
  t.end();
});
