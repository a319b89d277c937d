/** What the command ends with, for scripts. */
import type { Validity } from '../checker/verdict.js';

export const exitCodes = {
  valid: 0,
  invalid: 1,
  unknown: 2,
  /** The cluster did not serve again after the last fault. */
  notRecovered: 3,
  usage: 254,
  /** The harness failed: no verdict. */
  harness: 255,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export function exitCodeOf(validity: Validity): ExitCode {
  return exitCodes[validity];
}

/** A broken promise weighs more than a cluster that is still down, and that more than doubt. */
export function exitCodeOfRun(validity: Validity, { converged }: { converged: boolean }): ExitCode {
  return validity !== 'invalid' && !converged ? exitCodes.notRecovered : exitCodeOf(validity);
}
