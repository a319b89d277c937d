/** The verdict, so that nobody has to read on to know it, and how to have the run again. */
import { badge, copyable, element } from './elements.js';
import { failStatus, okStatus, unknownStatus } from './operations.js';
import { duration, thousands } from './words.js';

export function banner(data, operations) {
  const { outcome } = data;
  return element(
    'header',
    { class: `banner ${outcome.state}` },
    element('p', { class: 'product' }, 'jepsen-lite report'),
    element('h1', {}, outcome.title),
    element('p', { class: 'sentence' }, outcome.sentence),
    claims(data.workloads),
    figures(data, operations),
    again(data),
  );
}

function claims(workloads) {
  if (workloads.length === 0) return '';
  const rows = workloads.map(({ name, verdict }) =>
    element(
      'li',
      {},
      badge(verdict.validity),
      element('strong', {}, name),
      element('span', {}, verdict.claim),
    ),
  );
  return element('ul', { class: 'claims', 'aria-label': 'What was tested' }, ...rows);
}

function figures(data, operations) {
  const counts = [0, 0, 0];
  for (let number = 0; number < operations.count; number += 1)
    counts[operations.status(number)] += 1;
  const verified = data.faultCounts.reduce((sum, fault) => sum + fault.verified, 0);
  const injected = data.faultCounts.reduce((sum, { count }) => sum + count, 0);
  const { recovery } = data;
  const list = [
    [thousands(operations.count), 'operations', `in ${duration(data.durationUs)}`],
    [thousands(counts[okStatus]), 'took effect', 'answered "ok"'],
    [thousands(counts[failStatus]), 'refused', 'and surely without effect'],
    [thousands(counts[unknownStatus]), 'unknown', 'may have taken effect'],
    [
      thousands(injected),
      injected === 1 ? 'fault' : 'faults',
      injected === 0 ? 'nothing was broken' : `${verified} seen to take hold`,
    ],
  ];
  if (recovery !== null && recovery.maxMs !== null) {
    const half = recovery.p50Ms === null ? '' : `half within ${duration(recovery.p50Ms * 1000)}`;
    list.push([duration(recovery.maxMs * 1000), 'longest recovery', half]);
  }
  const shown = list.map(([figure, name, more]) =>
    element(
      'div',
      { class: 'figure' },
      element('dt', {}, name),
      element('dd', {}, figure),
      element('dd', { class: 'more' }, more),
    ),
  );
  return element('dl', { class: 'figures' }, ...shown);
}

function again({ command, seed, kind, startedAt, name }) {
  const exact =
    kind === 'sim'
      ? 'The same run exactly.'
      : 'The same operations and faults, not the same interleaving: what failed once may pass.';
  const when = startedAt === null ? '' : `, ${startedAt.slice(0, 19).replace('T', ' ')} UTC`;
  return element(
    'div',
    { class: 'again' },
    command === null ? '' : element('p', {}, 'Run it again: ', copyable(command), ` ${exact}`),
    element('p', {}, `Run ${name}${seed === null ? '' : `, seed ${seed}`}${when}`),
  );
}
