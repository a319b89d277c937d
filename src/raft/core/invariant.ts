/**
 * Programmer errors end the process: a replica that reached an impossible state must not go on
 * answering. Stays on in production. Impossible *input* (a peer, a disk) is not for this.
 */
export class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation';
}

export function invariant(condition: unknown, why: string): asserts condition {
  if (!condition) throw new InvariantViolation(`invariant violated: ${why}`);
}
