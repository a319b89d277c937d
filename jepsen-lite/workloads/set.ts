/** A set that grows: elements are added by compare-and-set, and none may be lost. */
import type { Setup, Step, Workload } from './workload.js';
import { parseJson, update } from './workload.js';

/** A set is one value: it is left for a fresh one before it becomes large. */
const elementsPerSet = 200;

export const set: Workload = {
  name: 'set',
  about: 'elements are added to sets, and stay there',
  model: 'set',
  needs: ['read', 'writeIfRevision', 'writeIfAbsent'],
  open({ random, clients, prefix }: Setup) {
    const streams = Array.from({ length: clients }, (_, i) => random.stream(`client ${i}`));
    let added = 0;
    const keyOf = (element: number) => `${prefix}${Math.floor(element / elementsPerSet)}`;
    const members = (key: string): Step => ({
      f: 'members',
      key,
      async perform(store) {
        const reply = await store.get(key);
        return reply.type === 'ok' ? { ...reply, value: parseJson(reply.value ?? '[]') } : reply;
      },
    });
    const add = (element: number): Step => ({
      f: 'add',
      key: keyOf(element),
      value: element,
      perform: (store) =>
        update(store, keyOf(element), (text) => {
          const elements = parseJson(text ?? '[]');
          return Array.isArray(elements) ? JSON.stringify([...elements, element]) : undefined;
        }),
    });
    return {
      next(client) {
        const stream = streams[client] ?? random;
        if (stream.chance(0.3)) return members(keyOf(Math.max(0, added - 1)));
        added += 1;
        return add(added - 1);
      },
      last() {
        const sets = Math.floor(Math.max(0, added - 1) / elementsPerSet) + 1;
        return Array.from({ length: sets }, (_, i) => members(`${prefix}${i}`));
      },
    };
  },
};
