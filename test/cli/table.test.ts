import t from 'tap';
import { formatTable } from '../../src/cli/table.js';

t.test('pads columns, numbers to the right, nothing at the ends of lines', async (t) => {
  const text = formatTable(
    ['node', 'folder', 'note'],
    [
      [1, 'a', ''],
      [10, 'long', 'x'],
    ],
  );
  t.equal(text, 'node  folder  note\n   1  a\n  10  long    x\n');
  t.equal(formatTable(['a'], []), 'a\n');
});
