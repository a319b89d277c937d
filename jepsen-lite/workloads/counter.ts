/** A counter that only grows: its reads lie between what is sure and what may be. */
import type { Setup, Step, Workload } from './workload.js';
import { parseJson, update } from './workload.js';

export const counter: Workload = {
  name: 'counter',
  about: 'amounts are added to a counter',
  model: 'counter',
  needs: ['read', 'writeIfRevision', 'writeIfAbsent'],
  open({ random, clients, prefix }: Setup) {
    const streams = Array.from({ length: clients }, (_, i) => random.stream(`client ${i}`));
    const key = `${prefix}total`;
    const total: Step = {
      f: 'total',
      key,
      async perform(store) {
        const reply = await store.get(key);
        return reply.type === 'ok' ? { ...reply, value: parseJson(reply.value ?? '0') } : reply;
      },
    };
    const add = (amount: number): Step => ({
      f: 'add',
      key,
      value: amount,
      perform: (store) =>
        update(store, key, (text) => {
          const total = parseJson(text ?? '0');
          return typeof total === 'number' ? `${total + amount}` : undefined;
        }),
    });
    return {
      next(client) {
        const stream = streams[client] ?? random;
        return stream.chance(0.5) ? total : add(stream.between(1, 9));
      },
      last: () => [total],
    };
  },
};
