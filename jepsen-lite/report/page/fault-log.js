/** What was broken, when, whether it was seen to hold, and how the cluster came back. */
import { element, section } from './elements.js';
import { RowsTable } from './rows-table.js';
import { duration, moment, plural } from './words.js';

export function faultLog({ faults, faultCounts, recovery, durationUs }) {
  const title = faults.length === 0 ? 'Faults' : `Faults (${faults.length})`;
  if (faults.length === 0 && faultCounts.length === 0) {
    return section(
      'faults',
      title,
      'Nothing was broken on purpose in this run.',
      recoveryLine(recovery),
    );
  }
  const table = new RowsTable({
    label: 'Faults',
    columns: [
      { title: 'at', width: '90px', numeric: true },
      { title: 'fault', width: '150px' },
      { title: 'for', width: '90px', numeric: true },
      { title: 'took hold', width: '100px' },
      { title: 'what was done', width: 'minmax(220px, 2fr)' },
      { title: 'how it ended', width: 'minmax(160px, 1fr)' },
    ],
    makeRow: (span) => ({
      cells: cellsOf(span, durationUs),
      kind: span.verified === false ? 'bad' : '',
    }),
  });
  table.show(faults);
  const hint =
    'After each fault somebody looked whether it had taken hold: one that did not tests nothing.';
  return section('faults', title, hint, countList(faultCounts), recoveryLine(recovery), table.node);
}

function cellsOf({ name, startNs, endNs, started, stopped, verified }, durationUs) {
  const words = { true: 'yes, seen', false: 'NO', null: 'not looked' };
  const end = endNs === null ? durationUs : endNs / 1000;
  return [
    moment(startNs / 1000, 10_000),
    name,
    duration(end - startNs / 1000),
    words[verified],
    element('span', { title: started }, started),
    element('span', { title: stopped }, endNs === null ? 'with the run' : stopped),
  ];
}

function countList(faultCounts) {
  const items = faultCounts.map(({ name, count, verified }) =>
    element(
      'li',
      { class: verified === 0 ? 'bad' : undefined },
      element('strong', {}, name),
      ` ${plural(count, 'time')}, ${verified} seen to hold`,
    ),
  );
  return element('ul', { class: 'counts' }, ...items);
}

function recoveryLine(recovery) {
  if (recovery === null) return '';
  const times =
    recovery.maxMs === null
      ? 'How long the cluster took to serve again was not measured.'
      : `After a fault had ended, every node answered again within ` +
        `${duration((recovery.p50Ms ?? 0) * 1000)} (half of the times) and at most ` +
        `${duration(recovery.maxMs * 1000)}.`;
  const end = recovery.converged
    ? 'At the end all nodes served.'
    : 'At the end NOT all nodes served.';
  return element('p', { class: recovery.converged ? 'words' : 'words bad' }, `${times} ${end}`);
}
