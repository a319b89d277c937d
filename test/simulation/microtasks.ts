/**
 * Runs everything that waits for nothing but promises, now. All I/O of a simulated node is virtual,
 * so after each event its promises settle without the help of Node's event loop; waiting for a
 * macrotask instead would cost a hundred times as much and let real time in.
 *
 * V8 has the function and Node does not show it, so it is borrowed from V8's own tests. It does
 * nothing when it is called from a promise: a run must begin in a macrotask (`inMacrotask`).
 */
import v8 from 'node:v8';
import vm from 'node:vm';

export const drainMicrotasks: () => void = borrow();

function borrow(): () => void {
  v8.setFlagsFromString('--allow-natives-syntax');
  const drain = vm.runInThisContext('() => { %PerformMicrotaskCheckpoint(); }') as () => void;
  // Compiled at its first call, for which the syntax must still be allowed.
  drain();
  v8.setFlagsFromString('--no-allow-natives-syntax');
  return drain;
}

/** Calls `run` where `drainMicrotasks` works. */
export function inMacrotask<T>(run: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        requireDraining();
        resolve(run());
      } catch (error) {
        reject(error);
      }
    });
  });
}

function requireDraining(): void {
  let drained = false;
  queueMicrotask(() => {
    drained = true;
  });
  drainMicrotasks();
  if (!drained) throw new Error('promises cannot be run from here; this Node is not supported');
}
