/**
 * Waits for what another process will do. There is no event to wait for, so it asks again and
 * again; what it saw last is in the error when the time is up.
 */
export async function eventually<T>(
  what: string,
  attempt: () => Promise<T | undefined> | T | undefined,
  timeoutMs = 15_000,
): Promise<T> {
  const startedMs = performance.now();
  let lastError: unknown;
  for (;;) {
    try {
      const result = await attempt();
      if (result !== undefined) return result;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() - startedMs > timeoutMs) {
      const reason = lastError === undefined ? '' : `: ${String(lastError)}`;
      throw new Error(`${what}: not within ${timeoutMs} ms${reason}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
