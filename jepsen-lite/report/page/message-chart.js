/** Messages of a simulated run around what broke: a column per node, time runs downwards. */
import { element, section, svg } from './elements.js';

const rowHeight = 18;
const headHeight = 30;
const left = 90;
const columnWidth = 190;
const wordsWidth = 620;
const charactersMax = 96;

export function messageChart({ chart }) {
  if (chart === null) return '';
  const { nodes, rows, title } = chart;
  const place = new Map(nodes.map((node, i) => [node, left + columnWidth * (i + 0.5)]));
  const wordsX = left + columnWidth * nodes.length + 10;
  const height = headHeight + rows.length * rowHeight + 10;
  const picture = svg('svg', {
    ...{ class: 'chart', width: wordsX + wordsWidth, height, role: 'img' },
    'aria-label': `Messages between ${nodes.length} nodes`,
  });
  for (const [node, x] of place) {
    picture.append(svg('line', { class: 'life', x1: x, x2: x, y1: headHeight - 8, y2: height }));
    picture.append(text(`n${node}`, { x, y: 16, 'text-anchor': 'middle', class: 'name' }));
  }
  const arrived = new Set(rows.flatMap(({ sentAt }) => (sentAt === undefined ? [] : [sentAt])));
  for (const [i, row] of rows.entries()) {
    const y = headHeight + i * rowHeight + rowHeight / 2;
    picture.append(text(row.at, { x: 6, y: y + 4, class: 'time' }));
    picture.append(text(short(words(row)), { x: wordsX, y: y + 4, class: kindOf(row) }, row.text));
    const x = place.get(row.node);
    if (x === undefined) {
      picture.append(svg('line', { class: 'world', x1: left, x2: wordsX - 10, y1: y, y2: y }));
    } else if (row.from !== undefined) {
      const sentY = row.sentAt === undefined ? y - 6 : headHeight + (row.sentAt + 0.5) * rowHeight;
      picture.append(arrow(place.get(row.from), sentY, x, y));
    } else if (row.to === undefined || !arrived.has(i)) {
      picture.append(
        svg('circle', { class: row.to === undefined ? 'event' : 'lost', cx: x, cy: y, r: 4 }),
      );
    }
  }
  const hint =
    'The last events of the run. An arrow is a message that came in, from where it was sent; a ' +
    'ring is one that did not come in here; a dot is a write or a sync of a log, or another ' +
    'step of the node; a line across is a fault or the violation.';
  return section(
    'messages',
    'What the nodes said to each other',
    hint,
    element('p', { class: 'words bad' }, title),
    element('div', { class: 'scroll chart-box' }, picture),
  );
}

/** Who stands here, as the names above may be out of sight. */
function words({ node, from, to, text: what }) {
  if (node === null) return what;
  if (from !== undefined) return `n${from} → n${node}  ${what}`;
  return to === undefined ? `n${node}  ${what}` : `n${node} → n${to}  ${what}`;
}

function kindOf({ node, text: what }) {
  if (what.startsWith('VIOLATED')) return 'line violated';
  return node === null ? 'line world' : 'line';
}

function arrow(x1, y1, x2, y2) {
  const long = Math.hypot(x2 - x1, y2 - y1) || 1;
  const [dx, dy] = [(x2 - x1) / long, (y2 - y1) / long];
  const [backX, backY] = [x2 - 8 * dx, y2 - 8 * dy];
  const [leftX, leftY] = [backX - 4 * dy, backY + 4 * dx];
  const [rightX, rightY] = [backX + 4 * dy, backY - 4 * dx];
  const head = `M${x2} ${y2} L${leftX} ${leftY} L${rightX} ${rightY} Z`;
  const group = svg('g', { class: 'message' });
  group.append(
    svg('line', { x1, y1, x2: backX, y2: backY }),
    svg('path', { class: 'head', d: head }),
  );
  return group;
}

function short(words) {
  return words.length <= charactersMax ? words : `${words.slice(0, charactersMax)} ...`;
}

function text(words, attributes, whole = '') {
  const made = svg('text', attributes);
  made.textContent = words;
  if (whole === '' || whole === words) return made;
  const title = svg('title', {});
  title.textContent = whole;
  made.append(title);
  return made;
}
