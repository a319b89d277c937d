/** What is left of an invalid history, as a history of its own and as a test. */
import { writeFileSync } from 'node:fs';
import type { Operation } from '../history/operation.js';
import { testFile } from './test-file.js';
import { toEvents } from './to-events.js';

export interface SavedCase {
  readonly history: string;
  readonly test: string;
}

/** `history` is the file's name; the test stands beside it. */
export function saveCase(
  { name, model }: { readonly name: string; readonly model: string },
  operations: readonly Operation[],
  history: string,
): SavedCase {
  const events = toEvents(operations);
  const test = `${history.replace(/\.jsonl$/, '')}.test.ts`;
  writeFileSync(history, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  writeFileSync(test, testFile({ name, model, events }));
  return { history, test };
}
