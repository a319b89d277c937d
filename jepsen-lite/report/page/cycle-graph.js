/** A circle of transactions, each of which must come before the next: a cycle as a picture. */
import { svg } from './elements.js';

const nodesMax = 12;
const radius = 24;

/** From the explanation's sentences, "T1 comes before T2: why"; nothing where there are none. */
export function cycleGraph(text) {
  const edges = [...text.matchAll(/\b(T\d+) comes before (T\d+): (.*)$/gm)].map(
    ([, from, to, why]) => ({ from, to, why }),
  );
  const names = [...new Set(edges.flatMap(({ from, to }) => [from, to]))];
  if (edges.length < 2 || names.length > nodesMax) return '';
  const size = 150 + names.length * 34;
  const place = new Map(
    names.map((name, i) => {
      const angle = (2 * Math.PI * i) / names.length - Math.PI / 2;
      const far = size / 2 - radius - 8;
      return [name, [size / 2 + far * Math.cos(angle), size / 2 + far * Math.sin(angle)]];
    }),
  );
  const graph = svg('svg', {
    ...{ class: 'cycle', viewBox: `0 0 ${size} ${size}`, width: size, height: size },
    ...{ role: 'img', 'aria-label': `The cycle ${names.join(', ')}` },
  });
  const head = svg('marker', {
    ...{ id: 'arrow-head', viewBox: '0 0 10 10', refX: 9, refY: 5, orient: 'auto' },
    ...{ markerWidth: 8, markerHeight: 8 },
  });
  head.append(svg('path', { d: 'M0 0 L10 5 L0 10 z' }));
  graph.append(head);
  for (const edge of edges) graph.append(arrow(edge, place));
  for (const [name, [x, y]] of place) graph.append(circle(name, x, y));
  return graph;
}

/** Bent to one side, so that there and back are two lines. */
function arrow({ from, to, why }, place) {
  const [x1, y1] = place.get(from);
  const [x2, y2] = place.get(to);
  const long = Math.hypot(x2 - x1, y2 - y1) || 1;
  const [dx, dy] = [(x2 - x1) / long, (y2 - y1) / long];
  const [bendX, bendY] = [(x1 + x2) / 2 - dy * 26, (y1 + y2) / 2 + dx * 26];
  const start = towards([x1, y1], [bendX, bendY]);
  const end = towards([x2, y2], [bendX, bendY]);
  const path = svg('path', {
    d: `M${start.join(' ')} Q${bendX} ${bendY} ${end.join(' ')}`,
    'marker-end': 'url(#arrow-head)',
  });
  const title = svg('title', {});
  title.textContent = `${from} comes before ${to}: ${why}`;
  path.append(title);
  return path;
}

function towards([x, y], [toX, toY]) {
  const long = Math.hypot(toX - x, toY - y) || 1;
  return [x + ((toX - x) / long) * radius, y + ((toY - y) / long) * radius];
}

function circle(name, x, y) {
  const group = svg('g', {});
  const text = svg('text', { x, y: y + 5, 'text-anchor': 'middle' });
  text.textContent = name;
  group.append(svg('circle', { cx: x, cy: y, r: radius }), text);
  return group;
}
