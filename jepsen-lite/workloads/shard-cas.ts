/**
 * Keys that all clients share, of which each owns a part: it compares-and-sets its own number in
 * the common value. In the end every part is what its owner wrote last, however the keys moved.
 */
import type { Value } from '../history/event.js';
import type { Setup, Step, Workload } from './workload.js';
import { parseJson, update } from './workload.js';

type Parts = Readonly<Record<string, number>>;

export const shardCas: Workload = {
  name: 'shard-cas',
  about: 'every client counts up its own part of shared keys',
  model: 'shard-cas',
  needs: ['read', 'writeIfRevision', 'writeIfAbsent'],
  open({ random, clients, keys, prefix }: Setup) {
    const streams = Array.from({ length: clients }, (_, i) => random.stream(`client ${i}`));
    const keyOf = (index: number) => `${prefix}${index}`;
    /** What a client knows of its part of a key. Unknown after an answer that did not come. */
    const known = new Map<string, number | undefined>();
    const read = (key: string, learn: (parts: Parts) => void = () => {}): Step => ({
      f: 'parts',
      key,
      async perform(store) {
        const reply = await store.get(key);
        if (reply.type !== 'ok') return reply;
        const value = parseJson(reply.value ?? '{}');
        if (isParts(value)) learn(value);
        return { ...reply, value };
      },
    });
    const count = (key: string, part: string, from: number): Step => ({
      f: 'part-cas',
      key,
      value: { part, from, to: from + 1 },
      async perform(store) {
        const mine = `${key} ${part}`;
        const done = await update(store, key, (text) => {
          const parts = parseJson(text ?? '{}');
          if (!isParts(parts) || (parts[part] ?? 0) !== from) return undefined;
          return JSON.stringify({ ...parts, [part]: from + 1 });
        });
        if (done.type === 'ok') known.set(mine, from + 1);
        // Somebody has to look before the next step.
        else known.set(mine, undefined);
        const { before: _, ...completion } = done;
        return completion;
      },
    });
    return {
      next(client) {
        const key = keyOf((streams[client] ?? random).below(keys));
        const part = `c${client}`;
        const mine = `${key} ${part}`;
        const from = known.has(mine) ? known.get(mine) : 0;
        if (from !== undefined) return count(key, part, from);
        return read(key, (parts) => known.set(mine, parts[part] ?? 0));
      },
      last: () => Array.from({ length: keys }, (_, i) => read(keyOf(i))),
    };
  },
};

function isParts(value: Value): value is Parts {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
