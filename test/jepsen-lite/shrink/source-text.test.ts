/** Values as source: what they say is what they were, and no line is too long. */
import t from 'tap';
import { sourceText } from '../../../jepsen-lite/shrink/source-text.js';

const evaluate = (text: string): unknown => new Function(`return ${text}`)();

t.test('short ones stay on a line', async (t) => {
  t.equal(
    sourceText({ type: 'ok', at: 1, 'a-b': [null, true] }),
    "{ type: 'ok', at: 1, 'a-b': [null, true] }",
  );
  t.equal(sourceText([[1, 2]]), '[[1, 2]]');
  t.equal(sourceText({ gone: undefined }), '{}');
  t.equal(sourceText([]), '[]');
});

t.test('texts keep every character', async (t) => {
  for (const text of ["it's", 'say "x"', `both ' and "`, 'a\nb\\c', '\u2028', '`$']) {
    t.equal(evaluate(sourceText(text)), text);
  }
  t.equal(sourceText('say "x"'), `'say "x"'`);
});

t.test('tables have a line for each row, as the formatter wants it', async (t) => {
  const table = [
    [1, 2],
    [3, 4],
  ];
  t.equal(sourceText(table), '[\n  [1, 2],\n  [3, 4],\n]');
});

t.test('long ones are broken and say the same', async (t) => {
  const item = {
    name: 'n'.repeat(30),
    values: [1, 2, 3],
    inner: { deep: 'd'.repeat(40), more: [] },
  };
  const value = { list: Array.from({ length: 5 }, () => item), odd: { 'k k': item } };
  const text = sourceText(value);
  t.same(evaluate(text), value);
  for (const line of text.split('\n')) t.ok(line.length <= 100, line);
  t.match(text, /^\{\n {2}list: \[\n {4}\{\n {6}name: /);
});
