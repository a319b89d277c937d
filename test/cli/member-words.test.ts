import t from 'tap';
import { describeMembers, membersInBrief } from '../../src/cli/member-words.js';

const voter = { node: 1, replica: 1, role: 'voter', progress: null, snapshot: null };
const progress = { state: 'replicate', match: 90, lag: 0, active: true };

t.test('in brief: only what is unusual is said', (t) => {
  const brief = membersInBrief([
    voter,
    { ...voter, node: 2, progress: { ...progress, lag: 3 } },
    { ...voter, node: 3, progress: { ...progress, active: false } },
    { ...voter, node: 4, role: 'learner', progress: { ...progress, lag: 120 } },
    { ...voter, node: 5, role: 'learner', progress: { ...progress, state: 'snapshot', lag: 9 } },
    { ...voter, node: 6, role: 'outgoing' },
  ]);
  t.equal(brief, '1 2 3:away 4:learner,-120 5:learner,snapshot 6:outgoing');
  t.equal(membersInBrief([]), '');
  t.end();
});

t.test('as a table, with the snapshot that is sent', (t) => {
  const snapshot = { bytes_done: 1024 ** 2, bytes_total: 4 * 1024 ** 2 };
  const behind = { ...progress, state: 'snapshot', match: 0, lag: 90 };
  const table = describeMembers([
    voter,
    { ...voter, node: 4, replica: 7, role: 'learner', progress: behind, snapshot },
    { ...voter, node: 5, progress, snapshot: { bytes_done: 0, bytes_total: 0 } },
  ]);
  t.equal(
    table,
    `node  replica  role     state      match  lag  heard  snapshot
   1        1  voter
   4        7  learner  snapshot   0      90   yes    25 % of 4.0 MiB
   5        1  voter    replicate  90     0    yes    being made
`,
  );
  t.end();
});
