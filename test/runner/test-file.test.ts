/** However a test file ends, it is told as what it was. */
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { runTestFile } from './test-file.js';

async function run(t: Test, text: string, timeoutS = 60) {
  const folder = t.testdir({ 'x.test.mjs': text });
  const { ok, output, lines } = await runTestFile(join(folder, 'x.test.mjs'), timeoutS);
  return { ok, counts: output.counts, failures: output.failures, lines };
}

const passes = 'TAP version 14\\nok 1 - fine\\n1..1\\n# { total: 1, pass: 1 }';

t.test('all is well', async (t) => {
  const { ok, counts, lines } = await run(t, `console.log('${passes}')`);
  t.ok(ok);
  t.match(counts, { pass: 1, fail: 0 });
  t.equal(lines.length, 4, 'what it printed is kept');
  const told = await run(t, 'console.log("limit " + process.env.TAP_TIMEOUT)', 55);
  t.same(told.lines, ['limit 55'], 'tap knows how long it may take');
});

t.test('an end without a count, or with a code, is a failure', async (t) => {
  t.match(await run(t, `console.log('ok 1 - fine')`), {
    ok: false,
    failures: [{ message: 'it ended with code 0 and told of no failed assertion' }],
  });
  t.match(await run(t, `console.log('${passes}'); process.exitCode = 3;`), {
    ok: false,
    failures: [{ message: 'it ended with code 3 and told of no failed assertion' }],
  });
  t.match(await run(t, 'process.kill(process.pid, "SIGKILL"); setInterval(() => {}, 1000);'), {
    ok: false,
    failures: [{ message: 'it ended with SIGKILL and told of no failed assertion' }],
  });
});

t.test('a file that does not end is ended', async (t) => {
  t.match(await run(t, `console.log('${passes}'); setInterval(() => {}, 1000);`, 0.5), {
    ok: false,
    failures: [{ message: 'not over after 0.5 s' }],
  });
});
