/** The smallest part of a history that is invalid by itself, and the test that it makes. */
import { copyable, element } from './elements.js';
import { operationRow } from './operation-details.js';
import { plural } from './words.js';

const rowsMax = 40;

export function minimalPart(minimal, operations, page) {
  if (minimal === null) return '';
  const { numbers, test } = minimal;
  const left = numbers.length > rowsMax ? `, the first ${rowsMax} of them` : '';
  const title = `${plural(numbers.length, 'operation')} that cannot be without any other${left}`;
  const rows = numbers.slice(0, rowsMax).map((number) => operationRow(number, operations, page));
  return element(
    'div',
    { class: 'witnesses minimal' },
    element('h4', {}, title),
    element(
      'p',
      { class: 'hint' },
      'Everything else was left out, as long as no order explained what remained.',
    ),
    element('div', { class: 'scroll' }, element('table', {}, element('tbody', {}, ...rows))),
    element(
      'details',
      {},
      element('summary', {}, 'As a test file'),
      element('pre', {}, copyable(test)),
    ),
  );
}
