/**
 * The harness could not do its work: no answer from the cluster at all, a process that does not
 * start, a folder that cannot be written. It says nothing about the product and is never a verdict.
 */
export class HarnessError extends Error {
  override readonly name = 'HarnessError';
}
