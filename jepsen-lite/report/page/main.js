/** Puts the page together. */
import { banner } from './banner.js';
import { Series } from './canvas.js';
import { element, section } from './elements.js';
import { explanation } from './explanation.js';
import { Explorer } from './explorer.js';
import { faultLog } from './fault-log.js';
import { keyTable } from './key-table.js';
import { messageChart } from './message-chart.js';
import { nodeTable } from './node-table.js';
import { Operations } from './operations.js';
import { Overview } from './overview.js';
import { Tooltip } from './tooltip.js';

const data = JSON.parse(document.getElementById('data').textContent);
const operations = new Operations(data);
const later = [];
let explorer;

/** What the parts ask of each other. */
const page = {
  tooltip: new Tooltip(),
  series: new Series(data.faults.map(({ name }) => name)),
  later: (act) => later.push(act),
  jump(number) {
    history.replaceState(null, '', `#op=${number}`);
    explorer.focus(number);
    document.getElementById('timeline').scrollIntoView({ behavior: 'auto', block: 'start' });
  },
  select(number) {
    history.replaceState(null, '', `#op=${number}`);
    explorer.select(number);
  },
  showKey(workload, key) {
    explorer.showKey(workload, key);
    document.getElementById('timeline').scrollIntoView({ behavior: 'auto', block: 'start' });
  },
};

function meaning({ kind }) {
  if (kind === 'sim' && operations.count === 0) {
    return section(
      'meaning',
      'A run of the simulator',
      '',
      element(
        'p',
        {},
        'The simulator judges its runs itself and says what it found where it ran. It keeps no ' +
          'history here, because the command above repeats the run exactly, as often as one likes.',
      ),
    );
  }
  return section(
    'meaning',
    'What this does and does not say',
    '',
    element(
      'p',
      {},
      'An invalid run is a proof: these answers were given, and no order of the work explains ' +
        'them. A valid run is none: it says that nothing wrong was seen with these operations, ' +
        'these faults and this timing. Unknown is not valid. An operation without an answer may ' +
        'have taken effect at any later time, or never; the checker allows for both.',
    ),
  );
}

function fromAddress() {
  const number = Number(/^#op=(\d+)$/.exec(location.hash)?.[1]);
  if (number < operations.count) page.jump(number);
}

const hasHistory = operations.count > 0;
if (hasHistory) explorer = new Explorer(data, operations, page);
document
  .getElementById('page')
  .replaceChildren(
    banner(data, operations),
    explanation(data, operations, page) || '',
    ...(hasHistory ? [new Overview(data, operations, page).node, explorer.node] : []),
    keyTable(data, page),
    hasHistory ? faultLog(data) : '',
    nodeTable(data),
    messageChart(data),
    meaning(data),
  );
explorer?.begin();
for (const act of later) act();
addEventListener('hashchange', fromAddress);
fromAddress();
