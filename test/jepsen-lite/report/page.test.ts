/** The report in a real browser, from a file, with 100,000 operations. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { writeReport } from '../../../jepsen-lite/report/write-report.js';
import { findBrowser, openPage, type Page } from './browser.js';
import { writeRun } from './synthetic-run.js';

const program = findBrowser();
const boxesMax = 10_000;
const canvas = "document.querySelector('#timeline canvas')";

/** An expression that is true within two seconds; drawing waits for a frame. */
async function until(page: Page, expression: string): Promise<boolean> {
  for (let attempt = 0; attempt < 40; attempt += 1) {
    if ((await page.evaluate(expression)) === true) return true;
    await sleep(50);
  }
  return false;
}

async function centre(page: Page, selector: string): Promise<readonly [number, number]> {
  const find = `(() => {
    const found = document.querySelector(${JSON.stringify(selector)});
    found.scrollIntoView({ block: 'center' });
    const { x, y, width, height } = found.getBoundingClientRect();
    return [x + width / 2, y + height / 2];
  })()`;
  return (await page.evaluate(find)) as readonly [number, number];
}

async function click(page: Page, selector: string): Promise<void> {
  const [x, y] = await centre(page, selector);
  for (const type of ['Moved', 'Pressed', 'Released'] as const) await page.mouse(type, x, y);
}

t.test('a page in a browser', { skip: program === undefined && 'no Chromium here' }, async (t) => {
  const folder = join(t.testdir(), 'run');
  const { planted } = writeRun(folder, {
    ...{ operations: 100_000, clients: 12, keys: 3, broken: true },
  });
  const url = pathToFileURL(writeReport(folder)).href;
  const page = await openPage(program ?? '', url);
  t.teardown(() => page.close());
  const text = async (selector: string) =>
    String(await page.evaluate(`document.querySelector(${JSON.stringify(selector)}).innerText`));

  t.test('is there soon and says in words first what happened', async (t) => {
    const tookMs = await page.evaluate(
      'performance.timing.loadEventEnd - performance.timing.navigationStart',
    );
    t.comment(`loaded in ${tookMs} ms`);
    t.equal(await text('h1'), 'Invalid');
    const sections = await page.evaluate(
      "[...document.querySelectorAll('section')].map((s) => s.id)",
    );
    t.same(sections, ['explanation', 'overview', 'timeline', 'keys', 'faults', 'nodes', 'meaning']);
    t.match(await text('.story'), /After that, .* read kv\.key-\d and was told: v\d+ /);
    t.match(await text('.story'), `(#${planted})`);
  });

  t.test('shows what is invalid by itself, and the test that it makes', async (t) => {
    t.match(await text('.minimal h4'), /^\d operations that cannot be without any other$/);
    t.match(await text('.minimal table'), `#${planted}`);
    await click(page, '.minimal summary');
    t.match(await text('.minimal pre'), /^import t from 'tap';$/m);
  });

  t.test('draws what is in sight and no more', async (t) => {
    t.ok(await until(page, `Number(${canvas}.dataset.boxes) > 0`), 'something is drawn');
    t.ok(await until(page, `Number(${canvas}.dataset.boxes) < 200`), 'around the violation');
    await click(page, '#timeline button[title="See everything"]');
    t.ok(await until(page, `Number(${canvas}.dataset.boxes) > 1000`), 'everything, as a crowd');
    const boxes = Number(await page.evaluate(`${canvas}.dataset.boxes`));
    t.ok(boxes <= boxesMax, `${boxes} boxes for a third of 100,000 operations`);
    const rows = Number(
      await page.evaluate("document.querySelectorAll('.operation-list .row').length"),
    );
    t.ok(rows > 10 && rows < 60, `${rows} rows of the list are in the page`);
  });

  t.test('leads from the words to the operation and keeps the place in the address', async (t) => {
    await click(page, '.story a');
    const number = String(await page.evaluate("document.querySelector('.story a').hash"));
    t.match(number, /^#op=\d+$/);
    t.equal(await page.evaluate('location.hash'), number);
    t.match(await text('.pinned'), number.replace('op=', ''));
    await page.evaluate(`location.hash = '#op=77'`);
    t.ok(await until(page, "document.querySelector('.pinned').innerText.startsWith('#77 ')"));
  });

  t.test('says of what is under the pointer what it is', async (t) => {
    const [x, y] = await centre(page, '#overview canvas');
    await page.mouse('Moved', x, y);
    t.ok(await until(page, "!document.querySelector('.tooltip').hidden"));
    t.match(await text('.tooltip'), /shard 1: node \d leads, term \d+/);
  });

  t.test('finds operations by their values', async (t) => {
    await page.evaluate(`(() => {
      const search = document.querySelector('.operation-list input');
      search.value = '503';
      search.dispatchEvent(new Event('input'));
    })()`);
    t.match(await text('.operation-list .row'), /failed/);
  });

  t.test('complained of nothing and asked no network', async (t) => {
    t.same(page.complaints, []);
    t.ok((await page.screenshot()).length > 50_000, 'and shows something');
  });
});
