/** When the balancer may begin something: the hours that an operator leaves to it, in UTC. */
import { type BalancerSettings, type BalancerWindow, weekdays } from './cluster-documents.js';

const dayMs = 86_400_000;

/** Undefined: now. Else why not, in words. */
export function balancerRests(
  { enabled, pausedUntilMs, windows }: BalancerSettings,
  nowMs: number,
): string | undefined {
  if (!enabled) return 'The balancer is off.';
  if (pausedUntilMs !== undefined && nowMs < pausedUntilMs) {
    return `The balancer is paused until ${new Date(pausedUntilMs).toISOString()}.`;
  }
  if (windows.length === 0 || windows.some((window) => isOpen(window, nowMs))) return undefined;
  return 'No window of the balancer is open now.';
}

export function isOpen({ days, from, to }: BalancerWindow, nowMs: number): boolean {
  const today = Math.floor(nowMs / dayMs);
  // A window that goes on into the next day may have begun yesterday.
  return [today - 1, today].some((day) => {
    const weekday = weekdays[(((day + 4) % 7) + 7) % 7];
    if (days !== undefined && weekday !== undefined && !days.includes(weekday)) return false;
    const begin = day * dayMs + timeMs(from);
    const end = day * dayMs + timeMs(to) + (timeMs(to) <= timeMs(from) ? dayMs : 0);
    return nowMs >= begin && nowMs < end;
  });
}

function timeMs(time: string): number {
  const [hours, minutes] = time.split(':').map(Number);
  return ((hours ?? 0) * 60 + (minutes ?? 0)) * 60_000;
}
