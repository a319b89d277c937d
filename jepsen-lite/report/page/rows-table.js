/**
 * A table of any length: only the rows that are in sight are in the page. All rows have one height,
 * so that a place is a multiplication.
 */
import { element } from './elements.js';

const rowHeight = 30;
const rowsShownMax = 14;
const rowsAround = 6;

export class RowsTable {
  #columns;
  #rows = [];
  #makeRow;
  #body = element('div', { class: 'rows-body', role: 'rowgroup' });
  #space = element('div', { class: 'rows-space' });
  #scroller = element('div', { class: 'rows-scroller', tabindex: '0' });
  #first = -1;

  /** `columns`: [{ title, width, sort? }]; `makeRow(row)`: { cells, class, choose }. */
  constructor({ label, columns, makeRow, sorted }) {
    this.#columns = columns;
    this.#makeRow = makeRow;
    const head = element(
      'div',
      { class: 'rows-head', role: 'row' },
      ...columns.map((column) => this.#title(column, sorted)),
    );
    this.#space.append(this.#body);
    this.#scroller.append(this.#space);
    this.#scroller.addEventListener('scroll', () => this.#draw());
    this.node = element('div', { class: 'rows', role: 'table', 'aria-label': label });
    this.node.style.setProperty('--columns', columns.map(({ width }) => width).join(' '));
    this.node.append(head, this.#scroller);
  }

  show(rows) {
    this.#rows = rows;
    const height = Math.min(rows.length, rowsShownMax) * rowHeight;
    this.#scroller.style.height = `${Math.max(height, rowHeight)}px`;
    this.#space.style.height = `${rows.length * rowHeight}px`;
    this.redraw();
  }

  redraw() {
    this.#first = -1;
    this.#draw();
  }

  scrollTo(index) {
    this.#scroller.scrollTop = (index - rowsShownMax / 2) * rowHeight;
    this.redraw();
  }

  #title({ title, sort }, sorted) {
    if (sort === undefined) return element('span', { role: 'columnheader' }, title);
    const button = element('button', { type: 'button', onclick: () => sorted(sort) }, title);
    return element('span', { role: 'columnheader' }, button);
  }

  #draw() {
    const first = Math.max(0, Math.floor(this.#scroller.scrollTop / rowHeight) - rowsAround);
    if (first === this.#first) return;
    this.#first = first;
    const shown = this.#rows.slice(first, first + rowsShownMax + 2 * rowsAround);
    this.#body.style.transform = `translateY(${first * rowHeight}px)`;
    this.#body.replaceChildren(...shown.map((row) => this.#row(row)));
  }

  #row(row) {
    const { cells, kind = '', choose } = this.#makeRow(row);
    const attributes = { role: 'row', class: `row ${kind}` };
    const made = element(
      'div',
      choose === undefined ? attributes : { ...attributes, tabindex: '0', onclick: choose },
      ...cells.map((cell, i) => {
        const { numeric } = this.#columns[i];
        return element('span', { role: 'cell', class: numeric ? 'numeric' : undefined }, cell);
      }),
    );
    if (choose !== undefined) {
      made.addEventListener('keydown', (event) => {
        if (event.key === 'Enter') choose();
      });
    }
    return made;
  }
}
