/**
 * The lines that a Jepsen run logs about its operations:
 *
 *   INFO  jepsen.util - 1	:invoke	:cas	[2 4]
 *
 * Process, type, function and value, between tabs or spaces. Other lines of the log are skipped.
 */
import { parseEdn } from './edn.js';
import type { HistoryEvent } from './event.js';
import { HistoryError } from './history-error.js';
import { toValue } from './jepsen-edn.js';
import { isEventType } from './json-lines.js';
import type { PlacedEvent } from './placed-event.js';

const logged = /\bjepsen\.util\b(?:\s*[-:])?\s+(.*)$/;
const operation = /^(:?[\w-]+)\s+:(\w+)\s+:([\w-]+)(?:\s+(.*))?$/;
const otherLine = /^\s*(?:[A-Z]+\b|\d{4}-|\[|at |\.\.\. |#|;)/;

export function parseJepsenLog(text: string): PlacedEvent[] {
  const placed: PlacedEvent[] = [];
  for (const [at, line] of text.split('\n').entries()) {
    const said = logged.exec(line.trimEnd())?.[1];
    if (said !== undefined) {
      const event = toEvent(said, at + 1);
      if (event !== undefined) placed.push({ event, line: at + 1 });
    } else if (line.trim() !== '' && !otherLine.test(line)) {
      throw new HistoryError(`not a line of a Jepsen log: "${line.slice(0, 60)}"`, at + 1);
    }
  }
  return placed;
}

/** Undefined: something else that the same logger said. */
function toEvent(said: string, line: number): HistoryEvent | undefined {
  const [, process = '', type = '', f = '', value = ''] = operation.exec(said) ?? [];
  const isClient = /^\d+$/.test(process);
  if (!isClient && process !== ':nemesis') {
    if (/^\d+\s/.test(said)) throw new HistoryError(`no operation: "${said.slice(0, 60)}"`, line);
    return undefined;
  }
  if (!isEventType(type)) throw new HistoryError(`no type of event: ":${type}"`, line);
  if (!isClient) return { type, process: 'nemesis', f, timeNs: 0, value };
  const form = parseValue(value, line);
  // Where there is no answer, Jepsen logs the reason in its place.
  const isReason = form?.kind === 'keyword';
  return {
    type,
    process: Number(process),
    f,
    timeNs: 0,
    ...(isReason && { error: form.value }),
    ...(form !== undefined && !isReason && { value: toValue(form) }),
  };
}

function parseValue(text: string, line: number) {
  try {
    return parseEdn(text)[0]?.form;
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error;
    throw new HistoryError(error.message.replace(/^line \d+: /, ''), line);
  }
}
