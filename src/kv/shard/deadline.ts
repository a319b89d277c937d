/**
 * Waits for a promise that never rejects, but not longer than a request may take.
 */
import type { Clock } from '../../raft/clock.js';

export function deadline<T>(
  clock: Clock,
  timeoutMs: number,
  work: Promise<T>,
  late: () => T,
): Promise<T> {
  return new Promise((resolve) => {
    // Whole milliseconds: timers of one duration share a list.
    const cancel = clock.after(Math.max(0, Math.ceil(timeoutMs)), () => resolve(late()));
    void work.then((value) => {
      cancel();
      resolve(value);
    });
  });
}
