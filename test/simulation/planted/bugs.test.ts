/** Every planted bug fits the sources as they are built now, and changes them. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { plantedBugs } from './bugs.js';
import { edited } from './planted-bug.js';

const build = new URL('../../../', import.meta.url);

t.test('every edit finds its place', async (t) => {
  for (const { name, edits, breaks } of plantedBugs) {
    t.match(breaks, /^[A-Z].*\.$/, `${name} says what it breaks in a sentence`);
    t.doesNotThrow(() => {
      const sources = new Map<string, string>();
      for (const edit of edits) {
        const { file } = edit;
        const source =
          sources.get(file) ?? readFileSync(fileURLToPath(new URL(file, build)), 'utf8');
        sources.set(file, edited(source, edit, name));
      }
    }, name);
  }
});

t.test('names are given once', async (t) => {
  const names = plantedBugs.map(({ name }) => name);
  t.equal(new Set(names).size, names.length);
});

t.test('an edit that does not fit fails loudly', async (t) => {
  const edit = { file: 'a.js', find: 'x', replace: 'y' };
  t.throws(() => edited('none', edit, 'bug'), /occurs 0 times in a.js/);
  t.throws(() => edited('x and x', edit, 'bug'), /occurs 2 times/);
  t.equal(edited('one x', edit, 'bug'), 'one y');
});
