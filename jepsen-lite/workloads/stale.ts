/** Keys that are written, and read from any copy: no answer may be older than it says. */
import type { Setup, Step, Workload } from './workload.js';

export const stale: Workload = {
  name: 'stale',
  about: 'reads of any copy, which must not be older than they say',
  model: 'stale',
  needs: ['read', 'staleRead', 'write'],
  needsFacts: [{ call: 'staleRead', oneOf: ['stalenessMs', 'shardRevision'] }],
  open({ random, clients, keys, prefix }: Setup) {
    const streams = Array.from({ length: clients }, (_, i) => random.stream(`client ${i}`));
    let serial = 0;
    const keyOf = (index: number) => `${prefix}${index}`;
    const get = (key: string, consistency: 'linearizable' | 'stale'): Step => ({
      f: 'get',
      key,
      consistency,
      perform: (store) => store.get(key, consistency),
    });
    const put = (key: string, value: string): Step => ({
      f: 'put',
      key,
      value,
      perform: (store) => store.put(key, value),
    });
    return {
      next(client) {
        const stream = streams[client] ?? random;
        const key = keyOf(stream.below(keys));
        const kind = stream.unit();
        if (kind < 0.6) return get(key, 'stale');
        if (kind < 0.7) return get(key, 'linearizable');
        serial += 1;
        return put(key, `${serial}`);
      },
      last: () => Array.from({ length: keys }, (_, i) => get(keyOf(i), 'linearizable')),
    };
  },
};
