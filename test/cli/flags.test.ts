import t from 'tap';
import { Flags } from '../../src/cli/flags.js';

const flags = new Flags(
  new Map([
    ['nodes', ['3']],
    ['node', ['a', 'b']],
    ['level', ['high']],
    ['json', ['true']],
  ]),
);

t.test('texts and switches', async (t) => {
  t.equal(flags.text('node'), 'a');
  t.same(flags.texts('node'), ['a', 'b']);
  t.same(flags.texts('none'), []);
  t.ok(flags.has('json'));
  t.notOk(flags.has('none'));
});

t.test('numbers and words have limits', async (t) => {
  t.equal(flags.integer('nodes', { min: 1, max: 3 }), 3);
  t.equal(flags.integer('none', { min: 1, max: 3 }), undefined);
  t.throws(() => flags.integer('nodes', { min: 4, max: 9 }), {
    message: '--nodes is "3"; it must be a whole number from 4 to 9.',
  });
  t.throws(() => flags.integer('level', { min: 0, max: 9 }), { message: /--level is "high"/ });
  t.equal(flags.oneOf('level', ['low', 'high']), 'high');
  t.throws(() => flags.oneOf('level', ['low']), { message: /must be one of low/ });
});
