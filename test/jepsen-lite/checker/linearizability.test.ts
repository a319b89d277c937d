/** Histories known to be possible, and others broken on purpose, each by a story of its own. */
import t from 'tap';
import { check, type Operation } from '../../../jepsen-lite/checker/index.js';
import { put, type Story, story } from './story.js';

const valid: Record<string, Story> = {
  'nothing at all': story(),
  'a read of nothing': story().call(1, 'get').read(1, 0),
  'a write and a read': put(story(), 'a', 1).call(2, 'get').read(2, 1, ['a', 1]),
  'a read beside a write may see it or not': story()
    .call(1, 'put', 'a')
    .call(2, 'get')
    .call(3, 'get')
    .read(2, 1, ['a', 1])
    .read(3, 0)
    .wrote(1, 1, 'created'),
  'a delete, and nothing after it': put(story(), 'a', 1)
    .call(1, 'delete')
    .wrote(1, 2, 'deleted')
    .call(2, 'get')
    .read(2, 2),
  'a delete of nothing': story().call(1, 'delete').wrote(1, 0, 'absent'),
  'a condition that holds and one that does not': put(story(), 'a', 1)
    .call(1, 'put', 'b', { ifMatch: 1 })
    .wrote(1, 2)
    .call(2, 'put', 'c', { ifMatch: 1 })
    .refused(2, 2, 2)
    .call(2, 'put', 'd', { ifNoneMatch: '*' })
    .refused(2, 2, 2),
  'a write without an answer that is seen later': put(story(), 'a', 1)
    .call(2, 'put', 'b')
    .lost(2)
    .call(3, 'get')
    .read(3, 1, ['a', 1])
    .call(3, 'get')
    .read(3, 2, ['b', 2]),
  'an unseen write without an answer, on which a seen condition stood': story()
    .call(1, 'put', 'a')
    .lost(1)
    .call(2, 'put', 'b', { ifMatch: '*' })
    .lost(2)
    .call(3, 'get')
    .read(3, 2, ['b', 2]),
  'a write without an answer that is never seen': put(story(), 'a', 1)
    .call(2, 'put', 'b')
    .lost(2)
    .call(3, 'get')
    .read(3, 1, ['a', 1]),
  'a delete without an answer that took effect': put(story(), 'a', 1)
    .call(2, 'delete')
    .lost(2)
    .call(3, 'get')
    .read(3, 2),
  'an unseen write that a later condition stumbled over': story()
    .call(2, 'put', 'b')
    .lost(2)
    .call(3, 'put', 'c', { ifNoneMatch: '*' })
    .refused(3, 1, 1),
  'an unseen write that a later one replaced': story()
    .call(2, 'put', 'b')
    .lost(2)
    .call(3, 'put', 'c')
    .wrote(3, 2, 'replaced'),
  'a refused write that nobody sees': put(story(), 'a', 1)
    .call(2, 'put', 'b')
    .failed(2)
    .call(3, 'get')
    .read(3, 1, ['a', 1]),
};

const invalid: Record<string, [story: Story, explanation: RegExp]> = {
  'a value that nobody wrote': [
    story().call(1, 'get').read(1, 1, ['x', 1]),
    /which nobody ever wrote/,
  ],
  'a value from the future': [
    story().call(1, 'get').read(1, 1, ['x', 1]).call(2, 'put', 'x').wrote(2, 1, 'created'),
    /before put k x/,
  ],
  'a refused write that appears (E4)': [
    story().call(1, 'put', 'a').failed(1).call(2, 'get').read(2, 1, ['a', 1]),
    /although put k a -> fail/,
  ],
  'a failed condition whose value appears': [
    put(story(), 'a', 1)
      .call(2, 'put', 'b', { ifMatch: 9 })
      .refused(2, 1, 1)
      .call(2, 'get')
      .read(2, 2, ['b', 2]),
    /although put k b ifMatch 9/,
  ],
  'a lost write': [put(story(), 'a', 1).call(2, 'get').read(2, 0), /get k -> nothing/],
  'a stale read at an honest revision': [
    put(put(story(), 'a', 1), 'b', 2)
      .call(2, 'get')
      .read(2, 1, ['a', 1]),
    /get k -> a .* before every other write, but began after put k b/,
  ],
  'a stale read at a revision that is a lie': [
    put(put(story(), 'a', 1), 'b', 2)
      .call(2, 'get')
      .read(2, 2, ['a', 1]),
    /get k -> a .* before every other write, but began after put k b/,
  ],
  'a write that is seen, then not': [
    put(story(), 'a', 1)
      .call(2, 'put', 'b')
      .call(3, 'get')
      .read(3, 2, ['b', 2])
      .call(4, 'get')
      .read(4, 1, ['a', 1])
      .wrote(2, 2),
    /get k -> a/,
  ],
  'an unanswered write that is seen, then not': [
    put(story(), 'a', 1)
      .call(2, 'put', 'b')
      .lost(2)
      .call(3, 'get')
      .read(3, 2, ['b', 2])
      .call(4, 'get')
      .read(4, 1, ['a', 1]),
    /get k -> a/,
  ],
  'two conditions that hold for one revision': [
    put(story(), 'a', 1)
      .call(2, 'put', 'b', { ifMatch: 1 })
      .wrote(2, 2)
      .call(3, 'put', 'c', { ifMatch: 1 })
      .wrote(3, 3),
    /put k c ifMatch 1 -> replaced/,
  ],
  'a failed condition that held': [
    put(story(), 'a', 1).call(2, 'put', 'b', { ifMatch: 1 }).refused(2, 1, 1),
    /precondition-failed/,
  ],
  'a key created twice': [
    put(story(), 'a', 1).call(2, 'put', 'b').wrote(2, 2, 'created'),
    /put k b -> created/,
  ],
  'a delete that found nothing where something was': [
    put(story(), 'a', 1).call(2, 'delete').wrote(2, 1, 'absent'),
    /delete k -> absent/,
  ],
  'a re-sent write that takes effect again': [
    put(put(story(), 'a', 1), 'b', 2)
      .call(3, 'get')
      .read(3, 3, ['a', 3]),
    /get k -> a/,
  ],
};

t.test('histories that a key can have', async (t) => {
  for (const [name, told] of Object.entries(valid)) {
    if (told.events.length === 0) continue;
    t.match(judge(told.operations()), { validity: 'valid', explanation: '' }, name);
  }
});

t.test('histories that no key can have', async (t) => {
  for (const [name, [told, explanation]] of Object.entries(invalid)) {
    t.match(judge(told.operations()), { validity: 'invalid', explanation }, name);
  }
});

t.test('a write without an answer whose effect is known needs no search', async (t) => {
  const told = valid['an unseen write that a later one replaced'] ?? story();
  const known = told
    .operations()
    .map((operation) =>
      operation.status === 'unknown' ? { ...operation, facts: { shardRevision: 1 } } : operation,
    );
  t.match(judge(known), { validity: 'valid', counts: { witnessed: 1, searched: 0 } });
});

t.test('a history without operations is not called valid', async (t) => {
  t.match(judge([]), { validity: 'unknown', explanation: /no operation/ });
});

function judge(operations: readonly Operation[]) {
  return check(operations, { model: 'kv' });
}
