/** Histories in every notation: the same events, and complaints that name the line. */
import t from 'tap';
import type { HistoryEvent } from '../../../jepsen-lite/history/event.js';
import { HistoryError } from '../../../jepsen-lite/history/history-error.js';
import { toJsonLine } from '../../../jepsen-lite/history/json-lines.js';
import {
  guessFormat,
  type HistoryFormat,
  readHistory,
} from '../../../jepsen-lite/history/read-history.js';

const asked: HistoryEvent = { type: 'invoke', process: 6, f: 'cas', value: [2, 3], timeNs: 0 };
const lost: HistoryEvent = { type: 'info', process: 6, f: 'cas', error: 'timed-out', timeNs: 0 };

t.test('one history in three notations', async (t) => {
  const texts: Record<HistoryFormat, string> = {
    jsonl: toJsonLine(asked) + toJsonLine(lost),
    edn: `
      ; two events
      {:process 6, :type :invoke, :f :cas, :value [2 3]}
      {:process 6 :type :info :f :cas :error :timed-out}`,
    'jepsen-log':
      'INFO  jepsen.util - 6\t:invoke\t:cas\t[2 3]\n' +
      'WARN  jepsen.core - something else\n' +
      'INFO  jepsen.util -   6   :info   :cas   :timed-out\n',
  };
  for (const [format, text] of Object.entries(texts)) {
    t.equal(guessFormat(text), format);
    const { events, operations } = readHistory(text);
    t.same(events, [asked, lost], format);
    t.match(operations, [{ number: 0, process: 6, status: 'unknown', asked: [2, 3] }]);
    t.equal(operations[0]?.completedAt, Number.POSITIVE_INFINITY);
  }
});

t.test('what JSON lines say is kept', async (t) => {
  const event = {
    ...{ type: 'ok', process: 1, f: 'get', key: 'a', value: 'x', timeNs: 5 },
    ...{ node: 'n1', shard: 2, shardRevision: 9, revision: 8, more: true },
  };
  const call = { type: 'invoke', process: 1, f: 'get', key: 'a', timeNs: 4 };
  const text = `${JSON.stringify(call)}\n\n${JSON.stringify({ ...event, timeNs: '5' })}\n`;
  const { events, operations } = readHistory(text);
  t.same(events[1], event, 'also what the format does not know, and nanoseconds as a text');
  t.match(operations[0], {
    ...{ status: 'ok', answered: 'x', invokedNs: 4, completedNs: 5, completedAt: 1 },
    facts: { node: 'n1', shard: 2, shardRevision: 9, revision: 8 },
  });
});

t.test('values of EDN', async (t) => {
  const value = (text: string) =>
    readHistory(`[{:process 0 :type :invoke :f :txn :value ${text}}]`, 'edn').events[0]?.value;
  t.same(value('[[:append 3 1] [:r "k" nil]]'), [
    ['append', 3, 1],
    ['r', 'k', null],
  ]);
  t.same(value('#{1 2}'), [1, 2]);
  t.same(value('{:a 1, "b" (true false)}'), { a: 1, b: [true, false] });
  t.equal(value('"a\\"b\\u0041\\n"'), 'a"bA\n');
  t.equal(value('-1.5e3'), -1500);
  t.equal(value('12N'), 12);
  t.equal(value('#_ 7 8'), 8);
  t.equal(value('\\newline'), '\n');
  const tuple = readHistory(
    '{:process 0 :type :ok :f :x :value #a.Tuple [4 5]}'.replace(':ok', ':invoke'),
  );
  t.match(tuple.events[0], { key: '4', value: 5 }, 'a key beside its value');
  const tagged =
    '#jepsen.history.Op{:process :nemesis, :type :info, :f :start, :value nil, :time 5}';
  t.match(readHistory(tagged).events[0], { process: 'nemesis', f: 'start', timeNs: 5 });
});

t.test('a log has the nemesis, gaps in its processes, and answers without values', async (t) => {
  const { events, operations } = readHistory(
    'INFO  jepsen.util - :nemesis\t:info\t:start\t"Cut off {:n5 #{:n4}}"\n' +
      'INFO  jepsen.util - 31\t:invoke\t:read\tnil\n' +
      '\n' +
      'INFO  jepsen.util - 31\t:fail\t:read\t:timed-out\n' +
      'INFO  jepsen.util - 7 :invoke :write 3\n' +
      'INFO  jepsen.util - Everything looks good!\n',
  );
  t.match(events[0], { process: 'nemesis', f: 'start' });
  t.match(operations, [
    { process: 31, status: 'fail', facts: { error: 'timed-out' } },
    { process: 7, status: 'unknown', asked: 3 },
  ]);
});

const ask = '{"type":"invoke","process":1,"f":"read"}\n';
const bad: Record<string, [text: string, message: RegExp, line: number | undefined]> = {
  'no JSON': [`${ask}{oops\n`, /line 2: not JSON/, 2],
  'no object': [`${ask}[1]\n`, /line 2: not a JSON object/, 2],
  'no type': ['{"process":1,"f":"read"}\n', /"type" must be invoke, ok, fail or info/, 1],
  'no process': ['{"type":"ok","process":"one","f":"read"}', /"process" must be a number/, 1],
  'no f': ['{"type":"ok","process":1}', /"f" must be a word/, 1],
  'no time': ['{"type":"ok","process":1,"f":"read","timeNs":"soon"}', /"timeNs" must be/, 1],
  'no condition': [
    '{"type":"invoke","process":1,"f":"put","condition":{"ifMatch":"x"}}',
    /"condition" must be/,
    1,
  ],
  'no outcome': ['{"type":"ok","process":1,"f":"put","outcome":"well"}', /"outcome" must be/, 1],
  'no consistency': ['{"type":"ok","process":1,"f":"get","consistency":"?"}', /"consistency"/, 1],
  'no revision': ['{"type":"ok","process":1,"f":"get","revision":"9"}', /"revision" must be/, 1],
  'asked twice': [ask + ask, /line 2: process 1 asks "read" while its "read" is not/, 2],
  'answered unasked': [`\n${ask.replace('invoke', 'ok')}`, /line 2: process 1 is answered "ok"/, 2],
  'answered differently': [
    ask + ask.replace('invoke', 'ok').replace('read', 'write'),
    /line 2: process 1 asked "read" and is answered "write"/,
    2,
  ],
  empty: ['', /no event in it/, undefined],
  'open map': ['\n{:process 1\n :type :ok', /line 2: "{" is never closed/, 2],
  'open text': ['{:process 1 :f "a\n}', /line 1: a text is never closed/, 1],
  'odd map': ['{:process 1 :f}', /line 1: a map with a key and no value/, 1],
  'closed too often': ['{:a 1}\n}', /line 2: "}" closes nothing/, 2],
  'no event': ['[1]', /line 1: an event is a map, not a number/, 1],
  'another type': ['{:process 1 :type :well :f :read}', /:type is :invoke, :ok, :fail or :info/, 1],
  'another process': ['{:process "x" :type :ok :f :read}', /:process is a number or :nemesis/, 1],
  'nested too deep': ['['.repeat(300), /line 1: nested more than 200 deep/, 1],
  'a log line without a type': [
    'INFO  jepsen.util - 1 :well :read nil\n',
    /line 1: no type of event: ":well"/,
    1,
  ],
  'a log line cut off': ['INFO  jepsen.util - 1\t:invoke', /line 1: no operation/, 1],
  'a log line with half a value': [
    'INFO  jepsen.util - 1\t:invoke\t:cas\t[1 ',
    /line 1: "\[" is never closed/,
    1,
  ],
  'no log at all': ['hello', /line 1: not a line of a Jepsen log: "hello"/, 1],
};

t.test('complaints name the line', async (t) => {
  for (const [name, [text, message, line]] of Object.entries(bad)) {
    try {
      readHistory(text);
      t.fail(`${name} was read`);
    } catch (error) {
      t.ok(error instanceof HistoryError, name);
      t.match(error, { message, line }, name);
    }
  }
});

t.test('the order of the lines is that of the events, and a cut last line is none', async (t) => {
  const line = (timeNs: number, type: string, more: object = {}) =>
    JSON.stringify({ timeNs, type, process: 0, f: 'write', key: 'a', value: 1, ...more });
  const read = (...lines: string[]) => readHistory(lines.join('\n'), 'jsonl');
  const [invoke, ok] = [line(1, 'invoke'), line(2, 'ok')];
  t.throws(() => read(line(3, 'invoke'), ok, ''), /line 2: it is earlier than the line before/);
  const { operations } = read(invoke, ok, line(3, 'invoke').slice(0, 20));
  t.equal(operations.length, 1);
  t.equal(operations[0]?.status, 'ok');
  t.throws(() => read(invoke, `${ok.slice(0, 20)}`, ok, ''), /line 2: not JSON/);
});

t.test('numbers that may be several, other keys and depths are refused', async (t) => {
  const line = (value: unknown, type = 'invoke', key = 'a') =>
    JSON.stringify({ timeNs: 1, type, process: 0, f: 'write', key, value });
  const big = 2 ** 53;
  t.throws(() => readHistory(line(big), 'jsonl'), /line 1: 9007199254740992 may be several/);
  t.throws(() => readHistory(line([1, [big]]), 'jsonl'), /may be several numbers/);
  const edn = `{:process 1, :type :invoke, :f :write, :value ${big}}`;
  t.throws(() => readHistory(edn, 'edn'), /may be several numbers/);
  const otherKey = `${line(1)}\n${line(1, 'ok', 'b')}\n`;
  t.throws(() => readHistory(otherKey, 'jsonl'), /line 2: .*asked of key "a", answered of "b"/);
  const deep = line(0).replace('"value":0', `"value":${'['.repeat(50_000)}${']'.repeat(50_000)}`);
  t.throws(() => readHistory(deep, 'jsonl'), /line 1: /);
});
