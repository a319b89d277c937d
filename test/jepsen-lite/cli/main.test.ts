/** The command as a script meets it: exit codes, and words for what is wrong. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { kvorum } from '../../../jepsen-lite/adapters/kvorum.js';
import { commandLine } from '../../../jepsen-lite/cli/main.js';

const launcher = join(import.meta.dirname, '..', '..', '..', '..', 'bin', 'jepsen-lite.js');

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [launcher, ...args], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

const lines = (...events: object[]) =>
  events.map((event, timeNs) => `${JSON.stringify({ timeNs, f: 'read', ...event })}\n`).join('');
const write = (process: number, value: number) => [
  { type: 'invoke', process, f: 'write', key: 'k', value },
  { type: 'ok', process, f: 'write', key: 'k' },
];
const read = (process: number, value: number) => [
  { type: 'invoke', process, key: 'k' },
  { type: 'ok', process, key: 'k', value },
];

t.test('check: a code for each verdict', async (t) => {
  const folder = t.testdir({
    'good.jsonl': lines(...write(0, 1), ...read(1, 1)),
    'bad.jsonl': lines(...write(0, 1), ...write(0, 2), ...read(1, 1)),
    'good.edn':
      '{:process 6, :type :invoke, :f :write, :value 3}\n' +
      '{:process 6, :type :ok, :f :write, :value 3}\n',
    'good.log':
      'INFO  jepsen.util - 1\t:invoke\t:write\t4\nINFO  jepsen.util - 1\t:ok\t:write\t4\n',
  });
  const check = (name: string) => run('check', join(folder, name), '--model', 'register');
  t.match(check('good.jsonl'), { status: 0, stdout: /valid/ });
  const bad = check('bad.jsonl');
  t.match(bad, { status: 1, stdout: /INVALID/ });
  t.match(bad.stdout, /claim: each key is a linearizable register/);
  t.match(check('good.edn'), { status: 0 }, 'the format is known by its look');
  t.match(check('good.log'), { status: 0 });
  const json = run('check', join(folder, 'bad.jsonl'), '--model', 'register', '--json');
  t.equal(json.status, 1);
  t.match(JSON.parse(json.stdout), { validity: 'invalid', workloads: [{ name: 'register' }] });
  const shrunk = run('shrink', join(folder, 'bad.jsonl'), '--model', 'register');
  t.match(shrunk, { status: 1, stdout: /3 operations, 3 are enough/ });
  t.match(readFileSync(join(folder, 'bad.jsonl.shrunk.jsonl'), 'utf8'), /"invoke"/);
  const nowhere = ['--model', 'register', '--out', join(folder, 'no', 'x.jsonl')];
  const unwritten = run('shrink', join(folder, 'bad.jsonl'), ...nowhere);
  t.match(unwritten, { status: 254, stderr: /--out: .* cannot be written/ });
});

t.test('check: nothing that succeeded shows nothing', async (t) => {
  const call = { process: 0, f: 'put', key: 'a', value: 1 };
  const folder = t.testdir({
    'refused.jsonl': lines({ type: 'invoke', ...call }, { type: 'fail', ...call }),
  });
  const refused = run('check', join(folder, 'refused.jsonl'), '--model', 'kv');
  t.match(refused, { status: 2, stdout: /No "put" ever succeeded/ });
});

t.test('check FOLDER: also what the run has seen beside its history', async (t) => {
  const folder = t.testdir({});
  const config = {
    ...{ kind: 'run', seed: 1, durationMs: 5_000, rate: 10, timeoutMs: 100, keys: 1 },
    ...{ valueBytes: 0, adapter: kvorum, target: { endpoints: ['http://127.0.0.1:1'] } },
    ...{ faults: [], prefix: '', clients: 1 },
    workloads: [{ name: 'register', model: 'register', clients: [0] }],
  };
  const left = { faults: [], crashes: [], recovery: { converged: true } };
  const check = (results: object | undefined) => {
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    writeFileSync(join(folder, 'history.jsonl'), lines(...write(0, 1), ...read(0, 1)));
    if (results !== undefined) {
      writeFileSync(join(folder, 'results.json'), JSON.stringify(results));
    }
    return run('check', folder);
  };
  t.match(check(undefined), { status: 2, stdout: /the run did not end/ });
  t.match(check(left), { status: 0 });
  const crashed = check({ ...left, crashes: ['node 1 ended with exit code 1'] });
  t.match(crashed, { status: 1, stdout: /INVALID: node 1 ended/ });
  const unseen = check({ ...left, faults: [{ name: 'kill', count: 2, verified: 0 }] });
  t.match(unseen, { status: 2, stdout: /kill was never seen to take hold/ });
  const down = check({ ...left, recovery: { converged: false } });
  t.match(down, { status: 3, stdout: /did not serve again/ });
});

t.test('bad files are told with their line, and are no verdict', async (t) => {
  const folder = t.testdir({
    'text.jsonl': `${lines(...write(0, 1))}not json\n`,
    'unasked.jsonl': lines({ type: 'ok', process: 1, value: 3 }),
    'empty.jsonl': '',
  });
  const check = (name: string, ...more: string[]) =>
    run('check', join(folder, name), '--model', 'register', ...more);
  t.match(check('text.jsonl', '--format', 'jsonl'), { status: 254, stderr: /text\.jsonl: line 3/ });
  t.match(check('unasked.jsonl'), { status: 254, stderr: /line 1: .*has not asked/ });
  t.match(check('empty.jsonl'), { status: 254, stderr: /no event/ });
  t.match(check('gone.jsonl'), { status: 254, stderr: /There is no/ });
  const wrote = lines({ type: 'invoke', process: 0, f: 'wrote', key: 'a', value: 1 });
  writeFileSync(join(folder, 'strange.jsonl'), wrote);
  t.match(check('strange.jsonl'), { status: 254, stderr: /no model has "wrote"; register has/ });
  t.match(run('check', folder), { status: 254, stderr: /is no folder of a run/ });
  writeFileSync(join(folder, 'config.json'), '{"kind":"run"}');
  t.match(run('check', folder), { status: 254, stderr: /config\.json: seed/ });
});

t.test('wrong usage is 254 and never runs anything', async (t) => {
  t.match(run(), { status: 254, stderr: /Usage: jepsen-lite COMMAND/ });
  t.match(run('chek'), { status: 254, stderr: /Did you mean check\?/ });
  t.match(run('chek'), { stderr: /See `jepsen-lite --help`/ });
  t.match(run('check'), { status: 254, stderr: /Name a file/ });
  t.match(run('check', launcher), { status: 254, stderr: /--model is missing/ });
  t.match(run('run'), { status: 254, stderr: /Which cluster\?/ });
  t.match(run('selftest', 'stale-red'), { status: 254, stderr: /Did you mean stale-read\?/ });
  t.match(run('sim', '--seed', 'x'), { status: 254 });
});

t.test('replay --from: a part of one run', async (t) => {
  const folder = t.testdir({ live: {}, sim: {}, many: {}, results: {} });
  const put = (name: string, config: object) =>
    writeFileSync(join(folder, name, 'config.json'), JSON.stringify(config));
  const live = {
    ...{ kind: 'run', seed: 1, durationMs: 5_000, rate: 10, timeoutMs: 100, keys: 1 },
    ...{ valueBytes: 0, adapter: kvorum, target: { endpoints: ['http://127.0.0.1:1'] } },
    ...{ faults: [], prefix: '', workloads: [], clients: 1 },
  };
  const replay = (name: string, from: string) =>
    run('replay', join(folder, name), '--from', from, '--out', join(folder, 'results'));
  put('live', live);
  t.match(replay('live', '5s'), { status: 254, stderr: /behind the end: the run took 5s/ });
  put('live', { ...live, from: { ms: 1, calls: [], turnsMs: [] } });
  t.match(replay('live', '1s'), { status: 254, stderr: /is a part of a run itself/ });
  put('many', { kind: 'sim', arguments: ['--seeds', '1..9'] });
  t.match(replay('many', '1s'), { status: 254, stderr: /this folder holds many/ });
  put('sim', { kind: 'sim', arguments: ['--seed', '3', '--seconds', '1'] });
  const shown = replay('sim', '1s');
  t.equal(shown.status, 0);
  const [first, ...more] = shown.stdout.split('\n').filter((line) => / n\d /.test(line));
  t.match(first, /^ +1\.\d{6} n\d /, 'nothing of the first second');
  t.ok(more.length > 10);
});

t.test('a harness that fails gives no verdict', async (t) => {
  const out = join(t.testdir({ file: '' }), 'results');
  const unreachable = run('run', '--endpoint', 'http://127.0.0.1:1', '--out', out);
  t.match(unreachable, { status: 255, stderr: /no verdict: http:\/\/127\.0\.0\.1:1 does not/ });
  t.notMatch(unreachable.stdout + unreachable.stderr, /\bvalid\b/i);
  const noFolder = run('run', '--start', '1', '--out', join(t.testdirName, 'file'));
  t.match(noFolder, { status: 255, stderr: /no folder can be made/ });
});

t.test('help is complete', async (t) => {
  const overview = run('help');
  t.equal(overview.status, 0);
  for (const name of ['run', 'check', 'sim', 'replay', 'shrink', 'selftest']) {
    t.match(overview.stdout, name);
    t.match(run(name, '--help'), { status: 0, stdout: `Usage: jepsen-lite ${name}` });
    t.equal(run('help', name).stdout, run(name, '--help').stdout);
  }
});

t.test('the command line that is shown can be pasted', async (t) => {
  t.equal(commandLine(['run', '--out', "it's here"]), `jepsen-lite run --out 'it'\\''s here'`);
});
