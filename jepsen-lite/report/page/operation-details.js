/** One operation in words: as a link, a row, and in full. */
import { element } from './elements.js';
import { okStatus, statusNames, unknownStatus } from './operations.js';
import { duration, moment, plural, thousands } from './words.js';

export function operationLink(number, page, text = `#${number}`) {
  const jump = (event) => {
    event.preventDefault();
    page.jump(number);
  };
  return element('a', { href: `#op=${number}`, onclick: jump }, text);
}

export function operationRow(number, operations, page) {
  const end = operations.endUs[number];
  return element(
    'tr',
    {},
    element('td', {}, operationLink(number, page)),
    element('td', { class: 'numeric' }, operations.client(number)),
    element('td', { class: 'numeric' }, moment(operations.startUs[number], 10)),
    element(
      'td',
      { class: 'numeric' },
      end === Number.POSITIVE_INFINITY ? 'never' : moment(end, 10),
    ),
    element('td', {}, sentence(number, operations)),
    element('td', {}, operations.text('node', number)),
  );
}

/** `put x 17 → ok`. */
export function sentence(number, operations) {
  const asked = operations.text('asked', number);
  const parts = [operations.f(number), operations.key(number), asked].filter((part) => part !== '');
  return element(
    'span',
    { class: 'sentence' },
    `${parts.join(' ')} → `,
    element('strong', {}, answerWords(number, operations)),
  );
}

export function answerWords(number, operations) {
  const answer = operations.answer(number);
  const words = answer === '?' ? 'no answer' : answer;
  const error = operations.text('error', number);
  return error === '' ? words : `${words} (${error})`;
}

/** A whole sentence for someone who does not know the names of operations. */
export function told(number, operations) {
  const strong = (text) => element('strong', {}, text);
  const f = operations.f(number);
  const key = strong(operations.key(number));
  const asked = strong(operations.text('asked', number));
  const did = {
    get: ['read ', key],
    read: ['read ', key],
    put: ['asked to store ', asked, ' in ', key],
    write: ['asked to store ', asked, ' in ', key],
    append: ['asked to append ', asked, ' to ', key],
    delete: ['asked to delete ', key],
    txn: ['asked in one transaction to ', asked],
    cas: ['asked to change ', key, ' if it stands so: ', asked],
  }[f] ?? [`asked for "${f}" `, key, ' ', asked];
  const isKnown = operations.status(number) === okStatus;
  const answer = isKnown
    ? [' and was told: ', strong(operations.answer(number))]
    : [
        operations.status(number) === unknownStatus ? ' and got ' : ' and was told: ',
        answerWords(number, operations),
      ];
  return [`client ${operations.row(number)} `, ...did, ...answer];
}

/** `extra`: more lines, e.g. why it cannot be the next one. */
export function details(number, operations, extra = []) {
  const start = operations.startUs[number];
  const end = operations.endUs[number];
  const open = end === Number.POSITIVE_INFINITY;
  const took = open
    ? 'never answered: it may take effect at any later time'
    : duration(end - start);
  const facts = [
    ['client', operations.client(number)],
    ['called', moment(start, 10)],
    ['took', took],
    ['outcome', statusNames[operations.status(number)]],
    ['node', operations.text('node', number)],
    ['shard', operations.number('shard', number)],
    ['revision', operations.number('revision', number)],
    ['shard revision', operations.number('shardRevision', number)],
    ['at most old', operations.number('stalenessMs', number)],
    ['error', operations.text('error', number)],
  ].filter(([, value]) => value !== undefined && value !== '');
  return element(
    'div',
    { class: 'details' },
    element('p', {}, element('b', {}, `#${number} `), sentence(number, operations)),
    ...extra.map((line) => element('p', { class: 'reason' }, line)),
    element(
      'dl',
      {},
      ...facts.flatMap(([name, value]) => [
        element('dt', {}, name),
        element('dd', {}, name === 'at most old' ? `${value} ms` : String(value)),
      ]),
    ),
  );
}

/** Above a plot: what is in it. */
export function countWords(numbers, operations) {
  const unknowns = numbers.filter((number) => operations.status(number) === unknownStatus).length;
  const some = unknowns === 0 ? '' : `, ${thousands(unknowns)} of them unanswered`;
  return `${plural(numbers.length, 'operation')}${some}`;
}
