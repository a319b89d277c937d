/** What a whole run has come to, in a word and a sentence for someone who sees it first here. */
import { worst } from '../checker/verdict.js';
import type { Results } from './results.js';

export interface Outcome {
  readonly state: 'valid' | 'invalid' | 'unknown' | 'not-recovered' | 'failed' | 'none';
  readonly title: string;
  readonly sentence: string;
}

const outcomes = {
  valid: {
    title: 'Valid',
    sentence:
      'Everything that clients were told can be explained by a store that keeps its promises.',
  },
  invalid: {
    title: 'Invalid',
    sentence:
      'Clients were told things that no store which keeps its promises could have told them.',
  },
  unknown: {
    title: 'Unknown',
    sentence:
      'Nobody can say whether the promises were kept: something was not tried out, or the ' +
      'checker reached its limits. This is not a success.',
  },
  'not-recovered': {
    title: 'Did not recover',
    sentence:
      'No wrong answer was found, but the cluster did not serve again in time after the last ' +
      'fault had ended.',
  },
  failed: {
    title: 'No verdict',
    sentence: 'The run itself failed before it could be judged. This says nothing of the cluster.',
  },
  none: {
    title: 'No verdict',
    sentence: 'The run was ended before it was judged. What was seen until then is shown.',
  },
} as const;

const statesByExit: Readonly<Record<number, Outcome['state']>> = {
  0: 'valid',
  1: 'invalid',
  2: 'unknown',
  3: 'not-recovered',
};

/** By the exit code, which knows more than the verdicts: of recovery, and of faults that failed. */
export function outcomeOf(results: Results | undefined): Outcome {
  const state = stateOf(results);
  return { state, ...outcomes[state] };
}

function stateOf(results: Results | undefined): Outcome['state'] {
  if (results === undefined) return 'none';
  if (results.exit !== undefined) return statesByExit[results.exit] ?? 'failed';
  if (results.workloads.length === 0) return 'none';
  return worst(results.workloads.map(({ verdict }) => verdict.validity));
}
