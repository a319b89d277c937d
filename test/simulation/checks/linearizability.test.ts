/** The checker itself: histories known to be possible, and others broken on purpose. */
import t from 'tap';
import { History, type OperationKind, type Told } from './history.js';
import { judge } from './history-verdict.js';
import { checkLinearizability } from './linearizability.js';
import { search } from './linearization-search.js';
import { RegisterModel } from './register-model.js';

/** Writes a history as a story: `call` begins, the other words end it. Time goes on by itself. */
class Story {
  readonly history = new History();
  #timeMs = 0;

  call(process: number, kind: OperationKind, value?: string, condition = {}): this {
    const asked = { process, kind, key: 'k', condition, ...(value !== undefined && { value }) };
    this.history.invoke(++this.#timeMs, asked);
    return this;
  }

  wrote(process: number, shardRevision: number, outcome: Told['outcome'] = 'replaced'): this {
    return this.#end('ok', process, { shardRevision, outcome });
  }

  refused(process: number, shardRevision: number, revision?: number): this {
    const told = { shardRevision, outcome: 'precondition-failed' } as const;
    return this.#end('ok', process, { ...told, ...(revision !== undefined && { revision }) });
  }

  /** `found`: value and its revision; without it nothing was there. */
  read(
    process: number,
    shardRevision: number,
    found?: [string, number],
    stalenessMs?: number,
    clockErrorMs = 0,
  ): this {
    return this.#end('ok', process, {
      shardRevision,
      ...(found !== undefined && { value: found[0], revision: found[1] }),
      ...(stalenessMs !== undefined && { stalenessMs, clockErrorMs }),
    });
  }

  failed(process: number): this {
    return this.#end('fail', process, {});
  }

  lost(process: number): this {
    return this.#end('info', process, {});
  }

  wait(ms: number): this {
    this.#timeMs += ms;
    return this;
  }

  #end(type: 'ok' | 'fail' | 'info', process: number, told: Told): this {
    this.history.complete(type, ++this.#timeMs, process, { shard: 1, node: 1, ...told });
    return this;
  }
}

function story(): Story {
  return new Story();
}

/** One write after another, by one client. */
function put(story: Story, value: string, revision: number): Story {
  const outcome = revision === 1 ? 'created' : 'replaced';
  return story.call(1, 'put', value).wrote(1, revision, outcome);
}

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
  'a stale read that admits its age': put(put(story(), 'a', 1).wait(10), 'b', 2)
    .call(3, 'stale-get')
    .read(3, 1, ['a', 1], 5),
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
    /put k b .* was over before get k -> a/,
  ],
  'a stale read at a revision that is a lie': [
    put(put(story(), 'a', 1), 'b', 2)
      .call(2, 'get')
      .read(2, 2, ['a', 1]),
    /no other order explains it/,
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

t.test('histories that a register can have', async (t) => {
  for (const [name, { history }] of Object.entries(valid)) {
    t.match(judge(history.operations()), { verdict: 'valid', explanation: '' }, name);
  }
});

t.test('histories that no register can have', async (t) => {
  for (const [name, [{ history }, explanation]] of Object.entries(invalid)) {
    t.match(judge(history.operations()), { verdict: 'invalid', explanation }, name);
  }
});

t.test('a write without an answer whose effect is known needs no search', async (t) => {
  const { history } = valid['an unseen write that a later one replaced'] ?? story();
  const operations = history.operations();
  t.match(judge(operations), { verdict: 'valid', keys: { witnessed: 0, searched: 1 } });
  const known = operations.map((operation) =>
    operation.status === 'unknown' ? { ...operation, effectRevision: 1 } : operation,
  );
  t.match(judge(known), { verdict: 'valid', keys: { witnessed: 1, searched: 0 } });
});

t.test('the search agrees with the witness when it is asked alone', async (t) => {
  const asked = ({ history }: Story) => {
    const operations = history.operations().filter(({ kind }) => kind !== 'stale-get');
    const judged = operations.filter(({ status }) => status !== 'fail');
    return search(judged, new RegisterModel(operations)).verdict;
  };
  for (const [name, story] of Object.entries(valid)) t.equal(asked(story), 'valid', name);
  const needNoSearch = /future|refused write|failed condition whose/;
  for (const [name, [story]] of Object.entries(invalid)) {
    if (!needNoSearch.test(name)) t.equal(asked(story), 'invalid', name);
  }
});

t.test('a search that has no room does not know', async (t) => {
  const many = put(story(), 'a', 1);
  for (let process = 2; process < 9; process += 1) many.call(process, 'delete').lost(process);
  many.call(9, 'get').read(9, 1);
  const verdict = checkLinearizability(many.history.operations(), 1);
  t.match(verdict, { verdict: 'unknown', explanation: /given up/, keys: { searched: 1 } });
});

t.test('revisions of a shard', async (t) => {
  const twice = put(story(), 'a', 1).call(2, 'delete').wrote(2, 1, 'deleted');
  t.match(judge(twice.history.operations()), { verdict: 'invalid' });
  const [first, second] = [new History(), new History()];
  for (const [history, revision] of [
    [first, 3],
    [second, 2],
  ] as const) {
    history.invoke(1, { process: 1, kind: 'put', key: 'a', value: 'a' });
    history.complete('ok', 2, 1, { shard: 1, shardRevision: 2, outcome: 'created' });
    history.invoke(3, { process: 1, kind: 'put', key: 'b', value: 'b' });
    history.complete('ok', 4, 1, { shard: 1, shardRevision: revision, outcome: 'created' });
  }
  t.equal(judge(first.operations()).verdict, 'valid');
  t.match(judge(second.operations()), {
    verdict: 'invalid',
    explanation: /has the revision of put a a/,
  });
  const fallen = History.parse(first.lines().replaceAll('"shardRevision":3', '"shardRevision":1'));
  t.match(judge(fallen.operations()), {
    verdict: 'invalid',
    explanation: /although before it began/,
  });
});

t.test('the age of a stale read', async (t) => {
  const read = (ageMs: number, errorMs = 0) =>
    put(put(story(), 'a', 1).wait(10), 'b', 2)
      .wait(10)
      .call(3, 'stale-get')
      .read(3, 1, ['a', 1], ageMs, errorMs);
  t.equal(judge(read(13).history.operations()).verdict, 'valid');
  t.match(judge(read(5).history.operations()), {
    verdict: 'invalid',
    explanation: /lacks put k b/,
  });
  t.equal(judge(read(5, 10).history.operations()).verdict, 'valid', 'as far as clocks run true');
  const mixed = put(put(story(), 'a', 1), 'b', 2)
    .call(3, 'stale-get')
    .read(3, 2, ['a', 1], 99);
  t.match(judge(mixed.history.operations()), {
    verdict: 'invalid',
    explanation: /at that revision stood/,
  });
  const lost = put(story(), 'a', 1).call(3, 'stale-get').read(3, 1);
  t.match(judge(lost.history.operations()), {
    verdict: 'invalid',
    explanation: /at that revision stood put k a/,
  });
  const deleted = put(story(), 'a', 1).call(2, 'delete').lost(2).call(3, 'stale-get').read(3, 2);
  t.equal(judge(deleted.history.operations()).verdict, 'valid');
});

t.test('a long history is judged by its revisions, in no time', async (t) => {
  const long = put(story(), 'v1', 1);
  for (let revision = 2; revision <= 5_000; revision += 1) put(long, `v${revision}`, revision);
  const verdict = judge(long.history.operations());
  t.match(verdict, { verdict: 'valid', keys: { witnessed: 1, searched: 0 } });
});
