/** What a check may take. Whoever reaches a limit does not know, and says so. */
export interface Limits {
  readonly timeMs: number;
  /** For tables of searches; what a history itself takes comes on top. */
  readonly memoryBytes: number;
}

export const defaultLimits: Limits = { timeMs: 60_000, memoryBytes: 512 * 1024 * 1024 };
