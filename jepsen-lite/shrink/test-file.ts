/**
 * The smallest part of an invalid history as a test: once it is in the project, the checker must
 * go on to say that no correct cluster can have answered so.
 */
import type { HistoryEvent } from '../history/event.js';
import { sourceText } from './source-text.js';

export interface MinimalCase {
  /** Of the workload, or of whatever the history is of. */
  readonly name: string;
  readonly model: string;
  readonly events: readonly HistoryEvent[];
}

export function testFile({ name, model, events }: MinimalCase): string {
  const calls = events.filter(({ type }) => type === 'invoke').length;
  const lines = events.map((event) => `  ${sourceText(event, step, 1)},\n`).join('');
  return `/** ${calls} operations of ${name} that are invalid by themselves; at home in ${home}. */
import t from 'tap';
import { check, type HistoryEvent, pair } from '../../../jepsen-lite/checker/index.js';

const events: HistoryEvent[] = [
${lines}];

t.test('no correct cluster can have answered so', async (t) => {
  const { validity } = check(pair(events), { model: ${sourceText(model)}, events });
  t.equal(validity, 'invalid');
});
`;
}

const home = 'test/jepsen-lite/checker';
const step = 2;
