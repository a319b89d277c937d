/** The smallest part of a workload that is invalid by itself: which operations, and as a test. */
import { testFile } from '../shrink/test-file.js';
import type { RunFolder } from './results.js';

export interface MinimalPart {
  /** Among all operations of the run. */
  readonly numbers: readonly number[];
  readonly test: string;
}

export function minimalPart(
  { cases, config, operations }: RunFolder,
  name: string,
): MinimalPart | null {
  const events = cases.get(name);
  const model = config.workloads.find((workload) => workload.name === name)?.model;
  if (events === undefined || model === undefined) return null;
  // A client calls once at a time, so its number and the time of the call name an operation.
  const numbers = new Map(
    operations.map(({ process, invokedNs, number }) => [`${process} ${invokedNs}`, number]),
  );
  const found = events
    .filter(({ type }) => type === 'invoke')
    .flatMap(({ process, timeNs }) => numbers.get(`${process} ${timeNs}`) ?? []);
  return { numbers: found, test: testFile({ name, model, events }) };
}
