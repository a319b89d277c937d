/** What the nodes said of themselves around the moment that matters. */
import { section } from './elements.js';
import { RowsTable } from './rows-table.js';
import { moment, thousands } from './words.js';

export function nodeTable({ nodes, outcome }) {
  if (nodes.length === 0) return '';
  const table = new RowsTable({
    label: 'States of nodes',
    columns: [
      { title: 'at', width: '110px', numeric: true },
      { title: 'node', width: '80px' },
      { title: 'shard', width: '70px', numeric: true },
      { title: 'role', width: '130px' },
      { title: 'term', width: '80px', numeric: true },
      { title: 'commit', width: '110px', numeric: true },
      { title: 'epoch', width: '90px', numeric: true },
      { title: '', width: 'minmax(120px, 1fr)' },
    ],
    makeRow: (row) => ({ cells: cellsOf(row), kind: row.replica === null ? 'bad' : '' }),
  });
  table.show(nodes);
  const isBroken = outcome.state === 'invalid';
  const title = isBroken ? 'The nodes around the error' : 'The nodes at the end';
  const hint =
    'What each said of its replicas when it was asked, twice a second: first how things stood, ' +
    'then what was new. An epoch counts changes of the range and of the members of a shard.';
  return section('nodes', title, hint, table.node);
}

function cellsOf({ atUs, node, replica, before }) {
  const at = moment(atUs, 10_000);
  const note = before ? 'said before' : '';
  if (replica === null) return [at, node, '', 'no answer', '', '', '', note];
  const { shard, role, term, commit, range, members } = replica;
  return [at, node, `${shard}`, role, `${term}`, thousands(commit), `${range}.${members}`, note];
}
