import t from 'tap';
import { TapOutput } from './tap-output.js';

function read(text: string): TapOutput {
  const output = new TapOutput();
  for (const line of text.split('\n')) output.feed(line);
  return output;
}

t.test('names the failed assertion once, with the subtests around it', async (t) => {
  const output = read(`TAP version 14
# Subtest: outer
    # Subtest: inner
        not ok 1 - one is two
          ---
          compare: ===
          ...
        ok 2 - expect truthy value
        1..2
        # failed 1 of 2 tests
    not ok 1 - inner # time=9.6ms
    ok 2 - later # SKIP
    not ok 3 - one day # ${'TO'}DO
    1..3
not ok 1 - outer # time=11ms
not ok 2 - boom # time=1ms
1..2
# { total: 6, pass: 2, fail: 2, todo: 1, skip: 1 }
# time=1423.591ms`);
  t.same(output.failures, [
    { path: ['outer', 'inner'], message: 'one is two', details: ['          compare: ==='] },
    { path: [], message: 'boom', details: [] },
  ]);
  t.same(output.counts, { total: 6, pass: 2, fail: 2, skip: 1, todo: 1 });
});

t.test('a file that is skipped as a whole counts as one skipped', async (t) => {
  const output = read('TAP version 14\n1..0 # no strace here');
  t.same(output.failures, []);
  t.match(output.counts, { pass: 0, fail: 0, skip: 1 });
});

t.test('zero counts are left out by tap; a cut run has none at all', async (t) => {
  t.same(read('# { total: 3, pass: 3 }').counts, { total: 3, pass: 3, fail: 0, skip: 0, todo: 0 });
  const cut = read('# Subtest: a\n    ok 1 - fine\nBail out! no disk');
  t.equal(cut.counts, undefined);
  t.match(cut.failures, [{ message: 'Bail out! no disk' }]);
});
