/**
 * Registers that are read, written and compared-and-set by value. Every value is written once, so
 * that it names its write. A register is used for a while and then left for a fresh one: what
 * stays unknown makes the search for an order harder, and would pile up.
 */
import type { Step, Workload } from './workload.js';

const operationsPerKey = 300;

export const register: Workload = {
  name: 'register',
  about: 'each key is a register: read, write, compare-and-set by value',
  model: 'cas-register',
  needs: ['read', 'write'],
  open({ random, clients, keys, prefix, comparesAndSets }) {
    const streams = Array.from({ length: clients }, (_, i) => random.stream(`client ${i}`));
    const seen = new Map<string, number>();
    const used = new Set<string>();
    let operations = 0;
    let serial = 0;
    const read = (key: string): Step => ({
      f: 'read',
      key,
      async perform(store) {
        const reply = await store.get(key);
        if (reply.type !== 'ok') return reply;
        const value = toValue(reply.value);
        if (typeof value === 'number') seen.set(key, value);
        return { ...reply, value };
      },
    });
    const write = (key: string, value: number): Step => ({
      f: 'write',
      key,
      value,
      perform: (store) => store.put(key, String(value)),
    });
    const compareAndSet = (key: string, expected: number, next: number): Step => ({
      f: 'cas',
      key,
      value: [expected, next],
      async perform(store) {
        const reply = await store.compareAndSet(key, String(expected), String(next));
        const { outcome, ...facts } = reply.facts;
        if (outcome !== 'precondition-failed') return { type: reply.type, facts };
        return { type: 'fail', facts: { error: 'other value' } };
      },
    });
    return {
      next(client) {
        const stream = streams[client] ?? random;
        const generation = Math.floor(operations / (operationsPerKey * keys));
        operations += 1;
        const key = `${prefix}${generation}-${stream.below(keys)}`;
        used.add(key);
        const kind = stream.unit();
        if (kind < 0.45) return read(key);
        serial += 1;
        const expected = seen.get(key);
        if (kind < 0.75 || expected === undefined || !comparesAndSets) return write(key, serial);
        return compareAndSet(key, expected, serial);
      },
      last: () => [...used].map(read),
    };
  },
};

/** What is no number was never written; it goes into the history as it is. */
function toValue(text: string | null | undefined): number | string | null {
  if (text === null || text === undefined) return null;
  return /^\d+$/.test(text) ? Number(text) : text;
}
