/** What is checked beside the single keys: revisions over all keys of a shard, and stale reads. */
import t from 'tap';
import { type HistoryEvent, pair } from '../../../jepsen-lite/checker/index.js';
import { put, story } from '../../jepsen-lite/checker/story.js';
import { judge } from './history-verdict.js';

t.test('revisions of a shard', async (t) => {
  const twice = put(story(), 'a', 1).call(2, 'delete').wrote(2, 1, 'deleted');
  t.match(judge(twice.operations()), { validity: 'invalid' });
  const secondPut = (revision: number) => pair(twoPuts(revision));
  t.equal(judge(secondPut(3)).validity, 'valid');
  t.match(judge(secondPut(2)), {
    validity: 'invalid',
    explanation: /has the revision of put a a/,
  });
  t.match(judge(secondPut(1)), {
    validity: 'invalid',
    explanation: /before it began there was put a a/,
  });
});

/** Of different keys, one after the other; the first has revision 2. */
function twoPuts(secondRevision: number): HistoryEvent[] {
  return ['a', 'b'].flatMap((key, at): HistoryEvent[] => {
    const operation = { process: 1, f: 'put', key };
    const shardRevision = at === 0 ? 2 : secondRevision;
    return [
      { ...operation, type: 'invoke', timeNs: 2 * at, value: key },
      { ...operation, type: 'ok', timeNs: 2 * at + 1, shard: 1, shardRevision, outcome: 'created' },
    ];
  });
}

t.test('a key that no order explains', async (t) => {
  const lost = put(story(), 'a', 1).call(2, 'get').read(2, 1);
  t.match(judge(lost.operations()), { validity: 'invalid', explanation: /get k -> nothing/ });
  t.match(judge([]), { validity: 'valid' });
});

t.test('the age of a stale read', async (t) => {
  const read = (ageMs: number, errorMs = 0) =>
    put(put(story(), 'a', 1).wait(10), 'b', 2)
      .wait(10)
      .call(3, 'stale-get')
      .read(3, 1, ['a', 1], ageMs, errorMs);
  t.equal(judge(read(13).operations()).validity, 'valid');
  t.match(judge(read(5).operations()), {
    validity: 'invalid',
    explanation: /does not know put k b/,
  });
  t.equal(judge(read(5, 10).operations()).validity, 'valid', 'as far as clocks run true');
  const mixed = put(put(story(), 'a', 1), 'b', 2)
    .call(3, 'stale-get')
    .read(3, 2, ['a', 1], 99);
  t.match(judge(mixed.operations()), {
    validity: 'invalid',
    explanation: /at that revision stood/,
  });
  const lost = put(story(), 'a', 1).call(3, 'stale-get').read(3, 1);
  t.match(judge(lost.operations()), {
    validity: 'invalid',
    explanation: /at that revision stood put k a/,
  });
  const deleted = put(story(), 'a', 1).call(2, 'delete').lost(2).call(3, 'stale-get').read(3, 2);
  t.equal(judge(deleted.operations()).validity, 'valid');
});
