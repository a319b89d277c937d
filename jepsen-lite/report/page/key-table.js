/** One row per key that was judged alone: what came out, how, and how long it took. */
import { badge, section } from './elements.js';
import { RowsTable } from './rows-table.js';
import { duration, thousands } from './words.js';

const weight = { invalid: 0, unknown: 1, valid: 2 };
const methods = {
  rule: 'a simple rule',
  witness: 'the order of revisions',
  search: 'a search',
};

export function keyTable(data, page) {
  const rows = data.workloads.flatMap(({ name, verdict }, workload) =>
    verdict.keys.map((key) => ({ ...key, workload, name })),
  );
  if (rows.length === 0) return '';
  let sortedBy;
  const sorted = (value) => {
    sortedBy = sortedBy === value ? undefined : value;
    rows.sort((a, b) => compare(value(a), value(b)) * (sortedBy === undefined ? -1 : 1));
    table.show(rows);
  };
  const table = new RowsTable({
    label: 'Keys',
    columns: [
      { title: 'verdict', width: '100px', sort: ({ validity }) => weight[validity] },
      { title: 'key', width: 'minmax(140px, 1fr)', sort: ({ key }) => key },
      { title: 'workload', width: '130px', sort: ({ name }) => name },
      { title: 'operations', width: '110px', numeric: true, sort: (key) => -key.operations },
      { title: 'unknown', width: '90px', numeric: true, sort: (key) => -key.unknowns },
      { title: 'settled by', width: '190px', sort: ({ method }) => method },
      { title: 'in', width: '90px', numeric: true, sort: (key) => -key.milliseconds },
    ],
    makeRow: (key) => ({
      cells: [
        badge(key.validity),
        key.key || '(one for all)',
        key.name,
        thousands(key.operations),
        thousands(key.unknowns),
        methods[key.method] ?? key.method,
        duration(key.milliseconds * 1000),
      ],
      kind: key.validity === 'invalid' ? 'bad' : '',
      choose: () => page.showKey(key.workload, key.key),
    }),
    sorted,
  });
  rows.sort((a, b) => weight[a.validity] - weight[b.validity] || b.operations - a.operations);
  table.show(rows);
  const hint = 'Keys are judged one by one. Choose one to see its timeline; titles sort.';
  return section('keys', `Keys (${thousands(rows.length)})`, hint, table.node);
}

function compare(a, b) {
  if (typeof a === 'number') return a - b;
  return a < b ? -1 : a > b ? 1 : 0;
}
