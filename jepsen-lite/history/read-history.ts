/** A history from the text of a file, whatever notation it is in. */
import type { HistoryEvent } from './event.js';
import { HistoryError } from './history-error.js';
import { parseJepsenEdn } from './jepsen-edn.js';
import { parseJepsenLog } from './jepsen-log.js';
import { parseJsonLines } from './json-lines.js';
import type { Operation } from './operation.js';
import { pairPlaced } from './pairing.js';
import type { PlacedEvent } from './placed-event.js';

const parsers = { jsonl: parseJsonLines, edn: parseJepsenEdn, 'jepsen-log': parseJepsenLog };

export type HistoryFormat = keyof typeof parsers;
export const historyFormats = Object.keys(parsers) as readonly HistoryFormat[];

export interface History {
  readonly events: readonly HistoryEvent[];
  readonly operations: readonly Operation[];
}

/** Throws a `HistoryError` that names the line. A history without events is one, too. */
export function readHistory(text: string, format: HistoryFormat = guessFormat(text)): History {
  const placed: PlacedEvent[] = parsers[format](text);
  if (placed.length === 0) throw new HistoryError(`there is no event in it, read as ${format}`);
  return { events: placed.map(({ event }) => event), operations: pairPlaced(placed) };
}

/** By the first line that says something. */
export function guessFormat(text: string): HistoryFormat {
  const line = /^.*\S.*$/m.exec(text)?.[0].trim() ?? '';
  if (/^\{\s*"/.test(line)) return 'jsonl';
  return /^[{[(#;]/.test(line) ? 'edn' : 'jepsen-log';
}
