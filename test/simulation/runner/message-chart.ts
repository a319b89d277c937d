/**
 * The last lines of a trace as a chart: one row per event, a column per node, and from each message
 * that arrived the row where it had been sent. Crashes, writes and syncs of the log are rows, too.
 */
export interface MessageChart {
  readonly title: string;
  readonly nodes: readonly number[];
  readonly rows: readonly ChartRow[];
}

export interface ChartRow {
  /** Virtual seconds. */
  readonly at: string;
  /** Null: the world. */
  readonly node: number | null;
  readonly text: string;
  /** Of a message that was sent: whom it was for. */
  readonly to?: number;
  /** Of a message that came in: by whom, and the row where it was sent, if that is shown. */
  readonly from?: number;
  readonly sentAt?: number;
}

interface Sent {
  readonly row: number;
  readonly from: number;
  readonly to: number;
  readonly messages: ReadonlySet<string>;
}

export function messageChart(lines: readonly string[], title: string): MessageChart {
  const sent: Sent[] = [];
  const rows: ChartRow[] = [];
  // What is told behind the violation is only how the world was put away.
  const end = lines.findLastIndex((line) => / -- VIOLATED /.test(line));
  for (const line of lines.slice(0, end < 0 ? lines.length : end + 1)) {
    const [, at = '', who = '', words = ''] = /^ *(\S+) (?:n(\d+)|--) (.*)$/s.exec(line) ?? [];
    if (at === '') continue;
    const node = who === '' ? null : Number(who);
    const [, direction, other = '', text = ''] = /^([<>])n(\d+) (.*)$/s.exec(words) ?? [];
    const peer = Number(other);
    if (node === null || direction === undefined) {
      rows.push({ at, node, text: words });
    } else if (direction === '>') {
      sent.push({ row: rows.length, from: node, to: peer, messages: new Set(text.split('; ')) });
      rows.push({ at, node, text, to: peer });
    } else {
      const origin = whereSent(sent, peer, node, text);
      rows.push({ at, node, text, from: peer, ...(origin !== undefined && { sentAt: origin }) });
    }
  }
  const nodes = rows.flatMap(({ node, from, to }) => [node, from, to].filter(isNumber));
  return { title, nodes: [...new Set(nodes)].sort((a, b) => a - b), rows };
}

/** The latest one that may be it: of a message that came twice both arrows are right. */
function whereSent(sent: readonly Sent[], from: number, to: number, text: string) {
  const [message = ''] = text.split('; ');
  return sent.findLast((each) => each.from === from && each.to === to && each.messages.has(message))
    ?.row;
}

function isNumber(node: number | null | undefined): node is number {
  return typeof node === 'number';
}
