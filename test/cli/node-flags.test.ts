import t from 'tap';
import { commands } from '../../src/cli/commands.js';
import { nodeFlags } from '../../src/cli/node-flags.js';

t.test('every command that asks a cluster takes them', (t) => {
  const names = nodeFlags.map(({ name }) => name);
  t.same(names, ['node', 'timeout', 'json']);
  for (const { name, flags } of commands) {
    if (!/^(get|put|delete|status|admin .*)$/.test(name)) continue;
    const own = flags.map((flag) => flag.name);
    t.ok(
      names.every((flag) => own.includes(flag)),
      name,
    );
  }
  t.end();
});
