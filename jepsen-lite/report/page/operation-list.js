/** All operations of what is chosen, as a table that can be searched. */
import { element } from './elements.js';
import { answerWords } from './operation-details.js';
import { failStatus, unknownStatus } from './operations.js';
import { RowsTable } from './rows-table.js';
import { duration, moment, thousands } from './words.js';

const kinds = { [failStatus]: 'fail', [unknownStatus]: 'unknown' };

export class OperationList {
  #operations;
  #numbers = [];
  #culprits = new Set();
  #selected;
  #table;
  #search = element('input', {
    type: 'search',
    placeholder: 'search: a value, a node, an error …',
    'aria-label': 'Search operations',
  });
  #count = element('span', { class: 'range' });

  constructor(operations, page) {
    this.#operations = operations;
    this.#table = new RowsTable({
      label: 'Operations',
      columns: [
        { title: '#', width: '72px', numeric: true },
        { title: 'called', width: '110px', numeric: true },
        { title: 'took', width: '90px', numeric: true },
        { title: 'client', width: '104px', numeric: true },
        { title: 'asked', width: 'minmax(140px, 1fr)' },
        { title: 'was told', width: 'minmax(120px, 1fr)' },
        { title: 'node', width: 'minmax(50px, 160px)' },
      ],
      makeRow: (number) => ({
        cells: this.#cells(number),
        kind: this.#kind(number),
        choose: () => page.jump(number),
      }),
    });
    this.#search.addEventListener('input', () => this.#filter());
    const tools = element('div', { class: 'controls' }, this.#search, this.#count);
    this.node = element('div', { class: 'operation-list' }, tools, this.#table.node);
  }

  show({ numbers, culprits }) {
    this.#numbers = numbers;
    this.#culprits = culprits;
    this.#filter();
  }

  focus(number) {
    this.#selected = number;
    const place = this.#shown.indexOf(number);
    if (place >= 0) this.#table.scrollTo(place);
  }

  #shown = [];

  #filter() {
    const wanted = this.#search.value.trim().toLowerCase();
    const matches = (number) =>
      ['key', 'asked', 'answered', 'f', 'node', 'error', 'outcome'].some((column) =>
        this.#operations.text(column, number).toLowerCase().includes(wanted),
      );
    this.#shown = wanted === '' ? this.#numbers : this.#numbers.filter(matches);
    this.#count.textContent = `${thousands(this.#shown.length)} shown`;
    this.#table.show(this.#shown);
  }

  #kind(number) {
    const kind = kinds[this.#operations.status(number)] ?? 'ok';
    const bad = this.#culprits.has(number) ? ' bad' : '';
    return `${kind}${bad}${number === this.#selected ? ' selected' : ''}`;
  }

  #cells(number) {
    const operations = this.#operations;
    const took = operations.endUs[number] - operations.startUs[number];
    const asked = [operations.f(number), operations.key(number), operations.text('asked', number)];
    return [
      String(number),
      moment(operations.startUs[number], 10),
      took === Number.POSITIVE_INFINITY ? 'never' : duration(took),
      operations.client(number),
      asked.filter((part) => part !== '').join(' '),
      answerWords(number, operations),
      operations.text('node', number),
    ];
  }
}
