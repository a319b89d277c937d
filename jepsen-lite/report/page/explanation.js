/**
 * What went wrong, in words before any picture: the promise, how it was broken, and the few
 * operations that show it.
 */
import { cycleGraph } from './cycle-graph.js';
import { badge, element, section } from './elements.js';
import { minimalPart } from './minimal-part.js';
import { operationLink, operationRow, told } from './operation-details.js';
import { Timeline } from './timeline.js';
import { moment, plural } from './words.js';

const culpritsShownMax = 40;
const toldMax = 8;
const placedShown = 4;
const stuckShown = 4;

export function explanation(data, operations, page) {
  const wrong = data.workloads
    .filter(({ verdict }) => verdict.validity !== 'valid')
    .sort((a, b) => order(a) - order(b));
  if (wrong.length === 0) return '';
  const isBroken = wrong[0].verdict.validity === 'invalid';
  const title = isBroken ? 'What went wrong' : 'Why nobody can say';
  return section('explanation', title, '', ...wrong.map((one) => article(one, operations, page)));
}

function order({ verdict }) {
  return verdict.validity === 'invalid' ? 0 : 1;
}

function article({ name, verdict, minimal }, operations, page) {
  const { validity, claim, culprits, counts } = verdict;
  const promise =
    validity === 'invalid'
      ? ['The promise was: ', element('em', {}, claim), '. It was broken:']
      : ['The promise is: ', element('em', {}, claim), '. Whether it was kept is not known:'];
  const around = aroundTheEnd(verdict);
  const known = [...new Set([...around, ...culprits])].filter((one) => one < operations.count);
  known.sort((a, b) => operations.at[a] - operations.at[b]);
  const shown = known.slice(0, culpritsShownMax);
  return element(
    'article',
    { class: `finding ${validity}` },
    element('h3', {}, badge(validity), ` ${name}`),
    element('p', { class: 'promise' }, ...promise),
    around.length === 0 ? '' : element('p', {}, 'Around the point where no order goes on:'),
    shown.length === 0 ? '' : story(shown.slice(0, toldMax), operations, page),
    shown.length === 0 ? '' : element('p', {}, 'Why this cannot be:'),
    ...paragraphs(verdict.explanation, operations, page),
    cycleGraph(verdict.explanation),
    minimalPart(minimal, operations, page),
    shown.length === 0
      ? ''
      : witnesses(shown, known.length, { operations, page, culprits: new Set(culprits) }),
    countLine(counts),
  );
}

/** Of a search without an order: where it came to, and those of which none can be the next. */
function aroundTheEnd({ keys }) {
  const { longest, stuck } = keys.find(({ evidence }) => evidence !== undefined)?.evidence ?? {
    longest: [],
    stuck: [],
  };
  const ends = [...longest.slice(-placedShown), ...stuck.slice(0, stuckShown)];
  return ends.map(({ operation }) => operation);
}

/** In the order of the calls; whether one was over when the next began is what matters most. */
function story(numbers, operations, page) {
  let over = Number.POSITIVE_INFINITY;
  const sentences = numbers.map((number, i) => {
    const isLater = operations.at[number] > over;
    const join = i === 0 ? 'At ' : isLater ? 'After that, at ' : 'Meanwhile, at ';
    const until = operations.until[number];
    over = i === 0 || isLater ? until : Math.max(over, until);
    const words = [join, moment(operations.startUs[number], 10), ', ', ...told(number, operations)];
    return element('li', {}, ...words, ' (', operationLink(number, page), ')');
  });
  return element('ol', { class: 'story' }, ...sentences);
}

/** Lines that are indented belong to the one above and stay so. */
function paragraphs(text, operations, page) {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, i) => {
      const depth = Math.min(3, Math.floor((line.length - line.trimStart().length) / 2));
      const kind = i === 0 ? 'lead' : `depth-${depth}`;
      return element('p', { class: `words ${kind}` }, ...linked(line.trim(), operations, page));
    });
}

/** `#12` and `T12` name operations. */
export function linked(line, operations, page) {
  return line.split(/((?:#|\bT)\d+\b)/).map((part) => {
    const number = /^[#T](\d+)$/.test(part) ? Number(part.slice(1)) : Number.NaN;
    return number < operations.count ? operationLink(number, page, part) : part;
  });
}

function witnesses(numbers, all, { operations, page, culprits }) {
  const more = all > numbers.length ? `, the first ${numbers.length} of ${all}` : '';
  const title = `${plural(all, 'operation', 'operations')} to look at${more}`;
  const head = ['', 'client', 'from', 'to', 'what it asked, and what it was told', 'node'];
  const picture = new Timeline({
    operations,
    page,
    series: page.series,
    faults: [],
    label: 'The operations that show the violation, one row per client',
  });
  picture.show({ numbers, culprits, evidence: undefined });
  page.later(() => picture.fit());
  return element(
    'div',
    { class: 'witnesses' },
    element('h4', {}, title),
    element('p', { class: 'hint' }, 'Time runs to the right; a box lasts from call to answer.'),
    picture.node,
    element(
      'details',
      {},
      element('summary', {}, 'As a table'),
      element(
        'div',
        { class: 'scroll' },
        element(
          'table',
          {},
          element('thead', {}, element('tr', {}, ...head.map((name) => element('th', {}, name)))),
          element('tbody', {}, ...numbers.map((number) => operationRow(number, operations, page))),
        ),
      ),
    ),
    element(
      'button',
      { type: 'button', class: 'primary', onclick: () => page.jump(numbers.at(-1)) },
      'See it among everything else that happened',
    ),
  );
}

function countLine(counts) {
  const some = Object.entries(counts).filter(([, count]) => count > 0);
  const words = some.map(([what, count]) => `${count} ${what}`).join(', ');
  return words === '' ? '' : element('p', { class: 'hint' }, `Looked at: ${words}.`);
}
