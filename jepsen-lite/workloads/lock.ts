/**
 * A lock with fencing tokens, made of conditional writes: who creates the key holds the lock, and
 * the revision is his token. Now and then somebody takes a lock away that another still believes
 * to hold, as an expired lease does; then only the tokens keep what it guards in order.
 */
import type { Reply, Store } from '../adapters/store.js';
import type { Setup, Step, Workload } from './workload.js';
import { parseJson, update } from './workload.js';

const takenAway = 0.15;
const released = 0.3;

export const lock: Workload = {
  name: 'lock',
  about: 'a lock is taken, used with its token, released, and taken away',
  model: 'lock',
  needs: ['read', 'writeIfRevision', 'writeIfAbsent', 'deleteIfRevision'],
  needsFacts: [{ call: 'writeIfAbsent', oneOf: ['revision', 'shardRevision'] }],
  open({ random, clients, prefix }: Setup) {
    const streams = Array.from({ length: clients }, (_, i) => random.stream(`client ${i}`));
    const held = new Map<number, number>();
    const key = `${prefix}lock`;
    let serial = 0;
    const acquire = (client: number, name: string): Step => ({
      f: 'acquire',
      key,
      async perform(store) {
        const reply = await store.put(key, name, { ifNoneMatch: '*' });
        if (reply.type !== 'ok') return reply;
        if (reply.facts.outcome === 'precondition-failed') return failed('held');
        const token = reply.facts.revision ?? reply.facts.shardRevision;
        // Then nobody can use it, and in time it is taken away.
        if (token === undefined) return { type: 'info', facts: { error: 'no revision' } };
        held.set(client, token);
        return { ...reply, value: token };
      },
    });
    const guarded = (token: number): Step => ({
      f: 'guarded',
      key,
      value: token,
      async perform(store) {
        const { before: _, ...done } = await update(store, `${prefix}guarded`, (text) => {
          const met = parseJson(text ?? '0');
          return typeof met === 'number' && met <= token ? `${token}` : undefined;
        });
        return done;
      },
    });
    const release = (client: number, token: number): Step => ({
      f: 'release',
      key,
      async perform(store) {
        const reply = await store.delete(key, { ifMatch: token });
        held.delete(client);
        return decided(reply);
      },
    });
    const takeAway: Step = { f: 'release', key, perform: (store) => removeWhatIsThere(store, key) };
    return {
      next(client) {
        const stream = streams[client] ?? random;
        const token = held.get(client);
        if (token !== undefined) {
          return stream.chance(released) ? release(client, token) : guarded(token);
        }
        if (stream.chance(takenAway)) return takeAway;
        serial += 1;
        return acquire(client, `${client}.${serial}`);
      },
      last: () => [],
    };
  },
};

async function removeWhatIsThere(store: Store, key: string): Promise<Reply> {
  const read = await store.get(key);
  const { revision } = read.facts;
  if (read.type !== 'ok' || revision === undefined) return failed('nobody holds it');
  return decided(await store.delete(key, { ifMatch: revision }));
}

function decided(reply: Reply): Reply {
  return reply.facts.outcome === 'precondition-failed' ? failed('not held any more') : reply;
}

function failed(error: string): Reply {
  return { type: 'fail', facts: { error } };
}
