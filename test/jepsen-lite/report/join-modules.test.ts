/** Several modules as one script. */
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { joinModules } from '../../../jepsen-lite/report/join-modules.js';

function run(modules: Readonly<Record<string, string>>): unknown {
  const found: unknown[] = [];
  const script = joinModules('main.js', (name) => modules[name] ?? '');
  runInNewContext(script, { found });
  return found;
}

t.test('each comes once, behind what it imports, and private names may be the same', async (t) => {
  const found = run({
    'main.js': [
      "import { a } from './a.js';",
      "import { b } from './b.js';",
      'const size = 1;',
      'found.push(a(), b, size);',
      '',
    ].join('\n'),
    'a.js': [
      "import {\n  b,\n} from './b.js';",
      'const size = 2;',
      'export function a() {',
      '  return b + size;',
      '}',
      '',
    ].join('\n'),
    'b.js': 'const size = 3;\nfound.push("b");\nexport const b = size;\nexport class C {}\n',
  });
  t.same(found, ['b', 5, 3, 1]);
});

t.test('a notation that would be lost is refused', async (t) => {
  t.throws(() => run({ 'main.js': "import x from './x.js';\n" }), /main\.js.*import x/);
  t.throws(() => run({ 'main.js': 'export default 1;\n' }), /not understood/);
});
