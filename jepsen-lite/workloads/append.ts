/**
 * Lists that transactions append to and read. Until there are transactions over several keys each
 * has one key, and is a compare-and-set of the whole list.
 */
import type { Setup, Step, Workload } from './workload.js';
import { parseJson, update } from './workload.js';

const elementsPerList = 60;

export const append: Workload = {
  name: 'append',
  about: 'transactions append to lists and read them',
  model: 'append',
  needs: ['read', 'writeIfRevision', 'writeIfAbsent'],
  open({ random, clients, keys, prefix }: Setup) {
    const streams = Array.from({ length: clients }, (_, i) => random.stream(`client ${i}`));
    const used = new Set<string>();
    let appended = 0;
    const read = (key: string): Step => ({
      f: 'txn',
      value: [['r', key, null]],
      async perform(store) {
        const reply = await store.get(key);
        const list = parseJson(reply.value ?? '[]');
        return reply.type === 'ok' ? { ...reply, value: [['r', key, list]] } : reply;
      },
    });
    const add = (key: string, element: number): Step => ({
      f: 'txn',
      value: [
        ['r', key, null],
        ['append', key, element],
      ],
      async perform(store) {
        const { before, ...done } = await update(store, key, (text) => {
          const list = parseJson(text ?? '[]');
          return Array.isArray(list) ? JSON.stringify([...list, element]) : undefined;
        });
        if (done.type !== 'ok') return done;
        const value = [
          ['r', key, parseJson(before ?? '[]')],
          ['append', key, element],
        ];
        return { ...done, value };
      },
    });
    return {
      next(client) {
        const stream = streams[client] ?? random;
        const generation = Math.floor(appended / (elementsPerList * keys));
        const key = `${prefix}${generation}-${stream.below(keys)}`;
        used.add(key);
        if (stream.chance(0.5)) return read(key);
        appended += 1;
        return add(key, appended);
      },
      last: () => [...used].map(read),
    };
  },
};
