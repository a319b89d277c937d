/** The operations of the run, out of the compact columns of the data. */

export const okStatus = 0;
export const failStatus = 1;
export const unknownStatus = 2;
export const statusNames = ['ok', 'failed', 'unknown'];

export class Operations {
  #columns;
  #clients;
  #workloads;

  constructor({ operations, clients, workloads }) {
    this.#columns = operations;
    this.#clients = clients;
    this.#workloads = workloads;
    this.count = operations.f.length;
    this.at = summed(operations.at);
    this.until = ended(this.at, operations.span);
    this.startUs = summed(operations.start);
    this.endUs = ended(this.startUs, operations.took);
  }

  text(column, number) {
    return this.#columns.texts[this.#columns[column][number]] ?? '';
  }

  /** Or undefined. */
  number(column, number) {
    const value = this.#columns[column][number];
    return value < 0 ? undefined : value;
  }

  key(number) {
    return this.text('key', number);
  }

  status(number) {
    return this.#columns.status[number];
  }

  process(number) {
    return this.#columns.process[number];
  }

  /** A client that lost an answer goes on under a new number and stays in its row. */
  row(number) {
    const process = this.process(number);
    return this.#clients > 0 ? process % this.#clients : process;
  }

  /** Its row, and the number that it went by when that is another. */
  client(number) {
    const [row, process] = [this.row(number), this.process(number)];
    return row === process ? String(row) : `${row} (as ${process})`;
  }

  isWrite(number) {
    return this.text('asked', number) !== '' || /delete|release|acquire/.test(this.f(number));
  }

  f(number) {
    return this.text('f', number);
  }

  /** What stands in a box: `put 17`, `get → 17`. */
  short(number) {
    const asked = this.text('asked', number);
    const answer = this.answer(number);
    const told = answer === 'ok' || answer === '' ? '' : ` → ${answer}`;
    return `${this.f(number)}${asked === '' ? '' : ` ${asked}`}${told}`;
  }

  /** Where there is no room for more. */
  value(number) {
    return this.text('answered', number) || this.text('asked', number) || this.f(number);
  }

  answer(number) {
    const status = this.status(number);
    if (status === unknownStatus) return '?';
    if (status === failStatus) return 'failed';
    const answered = this.#columns.answered[number];
    return answered >= 0 ? this.text('answered', number) : this.text('outcome', number) || 'ok';
  }

  /** Numbers of the operations of a workload, or of one key of it. */
  select(workload, key) {
    const mine = new Set(this.#workloads[workload]?.clients ?? []);
    const all = mine.size === 0;
    const chosen = [];
    for (let number = 0; number < this.count; number += 1) {
      if (!all && !mine.has(this.row(number))) continue;
      if (key === undefined || this.key(number) === key) chosen.push(number);
    }
    return chosen;
  }

  workloadOf(number) {
    const row = this.row(number);
    const found = this.#workloads.findIndex(
      ({ clients }) => clients.length === 0 || clients.includes(row),
    );
    return Math.max(0, found);
  }
}

function summed(differences) {
  const sums = new Float64Array(differences.length);
  let sum = 0;
  for (let i = 0; i < differences.length; i += 1) {
    sum += differences[i];
    sums[i] = sum;
  }
  return sums;
}

function ended(starts, lengths) {
  return starts.map((start, i) => (lengths[i] < 0 ? Number.POSITIVE_INFINITY : start + lengths[i]));
}
