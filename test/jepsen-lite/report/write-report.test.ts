/** From a run's folder to a page that needs nothing else. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';
import t from 'tap';
import { outcomeOf } from '../../../jepsen-lite/report/outcome.js';
import { makeReport, writeReport } from '../../../jepsen-lite/report/write-report.js';
import { writeRun } from './synthetic-run.js';

function scriptsOf(html: string): string[] {
  return [...html.matchAll(/<script[^>]*>(.*?)<\/script>/gs)].map(([, script]) => script ?? '');
}

t.test('everything is inside, and nothing outside is named', async (t) => {
  const folder = join(t.testdir(), 'run');
  const { planted } = writeRun(folder, { operations: 400, broken: true });
  const html = readFileSync(writeReport(folder), 'utf8');
  const [data = '', script = '', ...more] = scriptsOf(html);
  t.same(more, []);
  t.doesNotThrow(() => new Script(script), 'the joined script is one');
  t.notMatch(html, /(?:src|href)="(?!data:,")/, 'no file beside it');
  t.notMatch(html, /\bhttps?:(?!\/\/www\.w3\.org\/2000\/svg)/, 'but the name of SVG');
  t.match(html, "default-src 'none'");
  const { operations, workloads, outcome } = JSON.parse(data);
  t.equal(operations.f.length, 400);
  t.equal(outcome.title, 'Invalid');
  t.ok(workloads[0].verdict.culprits.includes(planted), 'the planted read is named');
});

t.test('no value of a history becomes a part of the page', async (t) => {
  const evil = '</script><script>alert(1)</script><!--';
  const dir = t.testdir({
    [`<b>run`]: {
      'config.json': '{}',
      'history.jsonl': [
        JSON.stringify({ type: 'invoke', timeNs: 1, process: 0, f: 'put', key: evil, value: evil }),
        JSON.stringify({ type: 'ok', timeNs: 2, process: 0, f: 'put', key: evil }),
      ].join('\n'),
    },
  });
  const html = makeReport(join(dir, '<b>run'));
  t.equal(scriptsOf(html).length, 2);
  t.notMatch(html, /<b>run|alert\(1\)<\/script>/);
  t.match(JSON.parse(scriptsOf(html)[0] ?? ''), { outcome: { title: 'No verdict' } });
});

t.test('a folder that makes no sense is told with its file', async (t) => {
  const dir = t.testdir({
    nothing: {},
    broken: { 'results.json': '{' },
    odd: { 'results.json': '{"workloads":[{"name":"kv"}]}' },
    history: { 'history.jsonl': '{"type":"invoke"}\n' },
    nodes: { 'history.jsonl': '', 'nodes.jsonl': '{"timeNs":1}\n' },
    short: { 'history.jsonl': '' },
    chart: {
      'config.json': '{"kind":"sim"}',
      'results.json': '{"exit":1}',
      'messages.json': '{"title":"R5","nodes":[1],"rows":[{"at":"1.0","node":1,"text":"x"}]}',
    },
    sim: { 'config.json': '{"kind":"sim"}', 'results.json': '{"exit":0}' },
  });
  t.throws(() => makeReport(join(dir, 'nothing')), /history\.jsonl is missing/);
  t.throws(() => makeReport(join(dir, 'broken')), /results\.json/);
  t.throws(() => makeReport(join(dir, 'odd')), /results\.json: workloads\.0\.verdict/);
  t.throws(() => makeReport(join(dir, 'history')), /history\.jsonl: .*line 1/);
  t.throws(() => makeReport(join(dir, 'nodes')), /nodes\.jsonl: line 1/);
  t.match(makeReport(join(dir, 'short')), 'ended before it was judged', 'a run cut short');
  t.match(makeReport(join(dir, 'sim')), '"kind":"sim"');
  t.match(makeReport(join(dir, 'chart')), '"chart":{"title":"R5"', 'with its messages');
  mkdirSync(join(dir, 'text'));
  writeFileSync(join(dir, 'text', 'results.json'), '[]');
  t.throws(() => makeReport(join(dir, 'text')), /results\.json: the whole/);
});

t.test('the exit code decides, and a failure of the harness is no verdict', async (t) => {
  const states = [0, 1, 2, 3, 255, 254].map((exit) => {
    return outcomeOf({ workloads: [], faults: [], exit }).state;
  });
  t.same(states, ['valid', 'invalid', 'unknown', 'not-recovered', 'failed', 'failed']);
  t.equal(outcomeOf(undefined).state, 'none');
  t.equal(outcomeOf({ workloads: [], faults: [] }).state, 'none', 'nothing is not valid');
});
