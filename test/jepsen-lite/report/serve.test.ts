/** Past runs over HTTP. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import t from 'tap';
import { serveReports } from '../../../jepsen-lite/report/serve.js';
import { writeRun } from './synthetic-run.js';

/** The path as it is: `fetch` would tidy it. */
function get(
  base: string,
  path: string,
  method = 'GET',
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(base, { path, method }, async (answer) => {
      const parts: Buffer[] = [];
      for await (const part of answer) parts.push(part);
      resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(parts).toString() });
    });
    asked.on('error', reject).end();
  });
}

t.test('a list of runs, newest first, each with its report', async (t) => {
  const parent = t.testdir({
    secret: { 'report.html': 'nothing of a run' },
    results: { 'not-a-run': {}, cut: { 'history.jsonl': '' }, bad: { 'results.json': '{' } },
  });
  const folder = join(parent, 'results');
  writeRun(join(folder, 'a run'), { operations: 300, broken: true });
  writeRun(join(folder, 'b'), { operations: 300, broken: false });
  mkdirSync(join(folder, 'c'));
  const later = { startedAt: '2027-01-01T00:00:00.000Z', command: 'a <b>', exit: 3 };
  writeFileSync(join(folder, 'c', 'results.json'), JSON.stringify(later));
  const server = await serveReports(folder, 0);
  t.teardown(() => server.close());
  t.match(server.url, /^http:\/\/127\.0\.0\.1:\d+\/$/, 'only for this machine');

  const list = await get(server.url, '/');
  t.equal(list.status, 200);
  const names = [...list.text.matchAll(/<a href="\/runs\/([^"]*)\/"/g)].map(([, name]) => name);
  t.same([...names].sort(), ['a%20run', 'b', 'bad', 'c', 'cut']);
  t.ok(names.indexOf('c') < names.indexOf('b'), 'newest first');
  t.match(list.text, /did not recover/);
  t.match(list.text, 'kv (invalid)');
  t.match(list.text, 'a &#60;b&#62;');

  const report = await get(server.url, '/runs/a%20run/');
  t.equal(report.status, 200);
  t.match(report.text, '<title>Invalid: a run</title>');
  t.equal((await get(server.url, '/runs/bad/')).status, 500);
  const outside = ['/runs/not-a-run/', '/runs/..%2Fsecret/', '/runs/../../secret/', '/else'];
  for (const path of outside) t.equal((await get(server.url, path)).status, 404, path);
  t.equal((await get(server.url, '/runs/%E0%A4%A/')).status, 400);
  t.equal((await get(server.url, '/', 'POST')).status, 405);
  t.same(await get(server.url, '/', 'HEAD'), { status: 200, text: '' });
});
