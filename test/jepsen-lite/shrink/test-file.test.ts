/** The test that a minimal case makes runs as it is, and can fail. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { HistoryEvent } from '../../../jepsen-lite/history/event.js';
import { testFile } from '../../../jepsen-lite/shrink/test-file.js';

const checker = new URL('../../../jepsen-lite/checker/index.js', import.meta.url).href;
const event = (type: 'invoke' | 'ok', timeNs: number, f: string, value?: string): HistoryEvent => ({
  ...{ type, timeNs, process: 0, f, key: "it's" },
  ...(value !== undefined && { value }),
});
const put = (timeNs: number, value: string) => [
  event('invoke', timeNs, 'put', value),
  event('ok', timeNs + 1, 'put'),
];
const get = (timeNs: number, value: string) => [
  event('invoke', timeNs, 'get'),
  event('ok', timeNs + 1, 'get', value),
];

/** Without types it is JavaScript; from the folder of this test the checker is elsewhere. */
function run(t: Test, text: string): { readonly status: number | null; readonly stdout: string } {
  const file = join(t.testdir(), 'case.mjs');
  const plain = text.replace(': HistoryEvent[]', '').replace(', type HistoryEvent', '');
  writeFileSync(file, plain.replace('../../../jepsen-lite/checker/index.js', checker));
  return spawnSync(process.execPath, [file], { encoding: 'utf8' });
}

t.test('it passes while the checker says invalid', async (t) => {
  const events = [...put(0, '1'), ...put(2, '2'), ...get(4, '1')];
  const text = testFile({ name: 'kv', model: 'kv', events });
  t.match(text, '3 operations of kv that are invalid by themselves');
  for (const line of text.split('\n')) t.ok(line.length <= 100, line);
  const { status, stdout } = run(t, text);
  t.equal(status, 0, stdout);
});

t.test('it fails when there is nothing wrong', async (t) => {
  const text = testFile({ name: 'kv', model: 'kv', events: [...put(0, '1'), ...get(4, '1')] });
  t.equal(run(t, text).status, 1);
});
