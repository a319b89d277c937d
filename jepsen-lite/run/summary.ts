/** The end of a run in a few lines. */
import type { Verdict } from '../checker/verdict.js';
import type { WorkloadVerdict } from './judge.js';
import type { LiveRun } from './live-run.js';
import { thousands } from './progress.js';

const shownNames = { valid: 'valid', invalid: 'INVALID', unknown: 'UNKNOWN' } as const;
const nameColumns = 20;

export function verdictLine(name: string, verdict: Verdict): string {
  const { validity, counts } = verdict;
  const some = Object.entries(counts).filter(([, count]) => count > 0);
  const shown = some.map(([what, count]) => `${thousands(count)} ${what}`);
  const head = `workload ${name}`.padEnd(nameColumns);
  return `${head} ${shownNames[validity].padEnd(9)} ${shown.join(', ')}`.trimEnd();
}

export function summary(verdicts: readonly WorkloadVerdict[], run: LiveRun): string[] {
  const { counts, faults, recovery } = run;
  const lines = verdicts.flatMap(({ name, verdict }) => [
    verdictLine(name, verdict),
    ...verdict.explanation
      .split('\n')
      .filter(Boolean)
      .map((line) => `    ${line}`),
  ]);
  const { ok, fail, info } = counts;
  const told = faults.map(
    ({ name, count, verified }) => `${name} ${count}x (verified ${verified})`,
  );
  const times =
    recovery.maxMs === null
      ? 'not measured'
      : `${seconds(recovery.p50Ms)} (p50) ${seconds(recovery.maxMs)} (max)`;
  return [
    ...lines,
    row('operations', `ok ${thousands(ok)}, fail ${thousands(fail)}, info ${thousands(info)}`),
    row('faults', told.join(', ') || 'none'),
    row('recovery', `${times}; converged ${recovery.converged ? 'yes' : 'NO'}`),
  ];
}

function row(name: string, text: string): string {
  return `${name.padEnd(nameColumns)} ${text}`;
}

function seconds(ms: number | null): string {
  return ms === null ? '-' : `${(ms / 1000).toFixed(2)} s`;
}
