/** Complaints as zod really makes them, in words for whoever sent the request. */
import t from 'tap';
import { z } from 'zod';
import { complaintWords, type SchemaComplaint } from '../../src/http/complaint-words.js';
import { membershipBody, transferBody, verboseQuery } from '../../src/http/schemas.js';

function words(schema: z.ZodType, value: unknown): string {
  const [first] = schema.safeParse(value).error?.issues ?? [];
  if (first === undefined) throw new Error('nothing is wrong with it');
  return complaintWords(first as SchemaComplaint);
}

t.test('what the routes ask for', async (t) => {
  const cases: readonly [z.ZodType, unknown, string][] = [
    [membershipBody, null, 'must be a JSON object'],
    [membershipBody, {}, 'must be "add", "promote", "demote", "remove" or "replace"'],
    [membershipBody, { action: 'add' }, 'is missing'],
    [membershipBody, { action: 'add', node: '1' }, 'must be a number'],
    [membershipBody, { action: 'add', node: 1.5 }, 'must be a whole number'],
    [membershipBody, { action: 'add', node: 0 }, 'must be at least 1'],
    [membershipBody, { action: 'add', node: 70_000 }, 'must be at most 65535'],
    [membershipBody, { action: 'add', node: 1, force: 'yes' }, 'must be true or false'],
    [transferBody, { to: 'x' }, 'must be a number or "best"'],
    [verboseQuery, { verbose: 'no' }, 'must be "", "true" or "false"'],
  ];
  for (const [schema, value, expected] of cases) {
    t.equal(words(schema, value), expected, JSON.stringify(value));
  }
});

t.test('what other schemas may ask for', async (t) => {
  t.equal(words(z.string().min(3), 'x'), 'must be at least 3 characters long');
  t.equal(words(z.array(z.int()).max(2), [1, 2, 3]), 'must be at most 2 items long');
  t.equal(words(z.number().positive(), 0), 'must be more than 0');
  t.equal(words(z.number().multipleOf(3), 4), 'must be a multiple of 3');
  t.equal(words(z.union([z.int(), z.null()]), 'x'), 'must be a number or null');
  t.equal(words(z.string().regex(/^x/), 'y'), 'has another form than /docs shows');
});
