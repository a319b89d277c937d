/** Transactions whose dependencies go in a circle: in words, and as a small picture. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { checkListAppend } from '../../../jepsen-lite/checker/transactions/transactions.js';
import type { HistoryEvent, Value } from '../../../jepsen-lite/history/event.js';
import { pair } from '../../../jepsen-lite/history/pairing.js';
import { writeReport } from '../../../jepsen-lite/report/write-report.js';
import { findBrowser, openPage } from './browser.js';

const program = findBrowser();

/** Each transaction misses what the other one appends; the last one sees both. */
function writeSkew(): HistoryEvent[] {
  const at = (process: number, type: 'invoke' | 'ok', value: Value) => ({ process, type, value });
  return [
    at(0, 'invoke', [
      ['r', 'a', null],
      ['append', 'b', 1],
    ]),
    at(1, 'invoke', [
      ['r', 'b', null],
      ['append', 'a', 2],
    ]),
    at(0, 'ok', [
      ['r', 'a', null],
      ['append', 'b', 1],
    ]),
    at(1, 'ok', [
      ['r', 'b', null],
      ['append', 'a', 2],
    ]),
    at(0, 'invoke', [
      ['r', 'a', null],
      ['r', 'b', null],
    ]),
    at(0, 'ok', [
      ['r', 'a', [2]],
      ['r', 'b', [1]],
    ]),
  ].map((event, i) => ({ ...event, f: 'txn', timeNs: i * 1_000_000 }));
}

t.test('a cycle in a browser', { skip: program === undefined && 'no Chromium here' }, async (t) => {
  const folder = t.testdir();
  const events = writeSkew();
  const limits = { timeMs: 5000, memoryBytes: 1e8 };
  const verdict = checkListAppend(events, pair(events), limits);
  t.equal(verdict.validity, 'invalid');
  const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('');
  writeFileSync(join(folder, 'history.jsonl'), lines);
  const results = { workloads: [{ name: 'append', verdict }], exit: 1 };
  writeFileSync(join(folder, 'results.json'), JSON.stringify(results));
  const page = await openPage(program ?? '', pathToFileURL(writeReport(folder)).href);
  t.teardown(() => page.close());
  const texts = (selector: string) =>
    page.evaluate(`[...document.querySelectorAll('${selector}')].map((one) => one.textContent)`);
  t.same((await texts('.cycle g')) as string[], ['T0', 'T1'], 'both are in the picture');
  const reasons = (await texts('.cycle title')) as string[];
  t.equal(reasons.length, 2);
  t.match(reasons[0], 'T0 comes before T1: T0 read a without 2, which T1 appended.');
  t.match(
    ((await texts('.story li')) as string[])[0],
    'client 0 asked in one transaction to read a, append 1 to b and was told: a is nothing',
  );
  t.same(page.complaints, []);
});
