/** Waits for what another process does: it cannot tell us, so it is looked at again and again. */
import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 50;

/** Whether it has become true in time. */
export async function becomes(
  condition: () => Promise<boolean> | boolean,
  withinMs: number,
): Promise<boolean> {
  const endMs = performance.now() + withinMs;
  for (;;) {
    if (await condition()) return true;
    if (performance.now() > endMs) return false;
    await sleep(pollMs);
  }
}
