import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { DevProcess } from '../../src/cli/dev-process.js';

function nodeIn(dir: string) {
  return {
    id: 1,
    http: { host: '127.0.0.1', port: 1 },
    peer: { host: '127.0.0.1', port: 2 },
    dir: join(dir, 'node-1'),
    logFile: join(dir, 'node-1.log'),
    configFile: join(dir, 'node-1.json'),
  };
}

const script = (source: string) => [process.execPath, '--eval', source, '--'] as const;

t.test('its output goes to the log, its last lines are kept at hand', async (t) => {
  const node = nodeIn(t.testdir());
  const source =
    'for (let i = 1; i <= 12; i++) console.log(i);' +
    'console.error(process.argv.slice(1, 3)); process.exit(3)';
  const child = new DevProcess(node, script(source));
  t.same(await child.ended, { code: 3, signal: null });
  t.same(child.exit, { code: 3, signal: null });
  const tail = child.logTail();
  t.equal(tail.length, 10);
  t.match(tail.join('\n'), "12\n[ 'start', '--config'");
});

t.test('settings in the environment do not reach it', async (t) => {
  process.env['KVORUM_DIR'] = '/elsewhere';
  t.teardown(() => {
    delete process.env['KVORUM_DIR'];
  });
  const child = new DevProcess(nodeIn(t.testdir()), script('console.log(process.env.KVORUM_DIR)'));
  await child.ended;
  t.same(child.logTail(), ['undefined']);
});

t.test('a long log makes way', async (t) => {
  const node = nodeIn(t.testdir());
  writeFileSync(node.logFile, Buffer.alloc(17 * 1024 ** 2));
  await new DevProcess(node, script('console.log(1)')).ended;
  t.equal(statSync(node.logFile).size, 2);
  t.equal(statSync(`${node.logFile}.1`).size, 17 * 1024 ** 2);
});

t.test('stops in order; a program that does not exist has ended', async (t) => {
  const child = new DevProcess(nodeIn(t.testdir()), script('setInterval(() => {}, 1000)'));
  t.ok(await child.stop());
  t.match(child.exit, { signal: 'SIGTERM' });
  t.ok(await child.stop(), 'stopping twice is fine');
  const none = new DevProcess(nodeIn(t.testdir()), ['/no/such/program']);
  t.match(await none.ended, { code: 1 });
});
