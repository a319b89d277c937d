/** What a script can learn from how `kvorum` ended. Documented in the help and in README.md. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  preconditionFailed: 4,
  notApplied: 5,
  unknown: 6,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export const exitCodeMeanings: readonly (readonly [code: ExitCode, meaning: string])[] = [
  [exitCodes.ok, 'done'],
  [exitCodes.failed, 'failed: refused, or something is wrong on this machine'],
  [exitCodes.usage, 'wrong usage or configuration; nothing was tried'],
  [exitCodes.notFound, 'the key does not exist'],
  [
    exitCodes.preconditionFailed,
    'the condition (--if-match, --if-none-match, --expect-epoch) did not hold',
  ],
  [exitCodes.notApplied, 'unavailable: surely nothing was applied, try again'],
  [exitCodes.unknown, 'outcome unknown, or not done yet: look before retrying'],
];
