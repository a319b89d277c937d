/** Flags that are right, and what is said of those that are not. */
import t from 'tap';
import { Flags } from '../../../jepsen-lite/cli/flags.js';
import { readRunConfig, runFlags } from '../../../jepsen-lite/cli/run-flags.js';
import { didYouMean } from '../../../jepsen-lite/cli/suggest.js';

const read = (...given: string[]) => Flags.read(given, runFlags);
const config = (...given: string[]) => readRunConfig(read(...given), ['kill', 'pause']);

t.test('flags with values, with =, again and again, and positionals', async (t) => {
  const flags = read('--endpoint', 'http://a', 'x', '--endpoint=http://b', '--', '--seed');
  t.same(flags.texts('endpoint'), ['http://a', 'http://b']);
  t.same(flags.positionals, ['x', '--seed']);
  t.equal(read('--time', '1.5m').durationMs('time'), 90_000);
});

t.test('a letter says the same as the word', async (t) => {
  const known = [{ name: 'verbose', short: 'v', help: 'say more' }];
  t.ok(Flags.read(['-v'], known).has('verbose'));
  t.ok(Flags.read(['--verbose'], known).has('verbose'));
  t.throws(() => Flags.read(['-v', '--verbose'], known), /--verbose is given twice/);
  t.throws(() => read('-v'), /no flag -v/);
});

t.test('what is wrong is named, with what is near', async (t) => {
  t.throws(() => read('--endpont', 'x'), /no flag --endpont. Did you mean --endpoint\?/);
  t.throws(() => read('--seed'), /--seed needs a value: --seed N/);
  t.throws(() => read('--seed', '--time', '1s'), /--seed needs a value/);
  t.throws(() => read('--seed', '1', '--seed', '2'), /--seed is given twice/);
  t.throws(() => config('--start', '3', '--seed', 'x'), /--seed is "x"; it must be a whole number/);
  t.throws(() => config('--start', '0'), /--start is "0"/);
  t.throws(() => config('--start', '3', '--time', '5'), /a duration is like 500ms/);
  t.throws(() => config('--start', '3', '--time', '0s'), /a duration is like/);
  t.throws(() => config('--start', '3', '--workload', 'regster'), /Did you mean register\?/);
  t.throws(() => config('--start', '3', '--nemesis', 'none,kill'), /does not go with others/);
  t.throws(() => config('--start', '3', '--nemesis', 'kil'), /no "kil". Did you mean kill\?/);
  t.throws(() => config(), /Which cluster\?/);
  t.throws(() => config('--start', '3', '--endpoint', 'http://a'), /Either --start/);
  t.throws(() => config('--endpoint', 'localhost:80'), /must be like http:/);
  t.throws(() => config('--endpoint', 'http://a', '--shards', '3'), /--shards is for an own/);
  t.throws(() => config('--start', '3', '--adapter', 'etcd'), /--start starts Kvorum nodes/);
  t.throws(() => config('--start', '3', 'x'), /What is "x"\?/);
  const consul = ['--endpoint', 'http://a', '--adapter', 'consul'];
  t.equal(config(...consul).adapter.name, 'consul');
});

t.test('a run has clients of its own for every workload', async (t) => {
  const made = config('--start', '3', '--workload', 'kv,register', '--clients', '3');
  t.same(
    made.workloads.map(({ name, clients }) => [name, clients]),
    [
      ['register', [0, 1, 2]],
      ['kv', [3, 4, 5]],
    ],
  );
  t.equal(made.clients, 6);
  t.equal(made.prefix, '', 'an own cluster is empty');
  t.match(config('--endpoint', 'http://a').prefix, /^jl\./, 'another one is not');
  t.same(config('--endpoint', 'http://a').faults, []);
});

t.test('suggestions are near, or there are none', async (t) => {
  t.equal(didYouMean('chek', ['run', 'check']), ' Did you mean check?');
  t.equal(didYouMean('frobnicate', ['run', 'check']), '');
});
