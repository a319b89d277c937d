/** Clients that get it wrong: each of these has been written by somebody who meant well. */
import type { Reply, Store } from '../adapters/store.js';

export const clientBugs = {
  'timeout-called-failure': 'an answer that did not come is taken for "not applied"',
  'silent-retry': 'a write whose answer was lost is sent again as if it were the first time',
  'cached-read': 'now and then a read is answered from what was read before',
  'failure-called-success': 'a refused write is taken for done',
} as const;
export type ClientBug = keyof typeof clientBugs;

const cacheHits = 4;

export function plantInClient(store: Store, bug: ClientBug): Store {
  const cache = new Map<string, Reply>();
  let reads = 0;
  const write = async (send: () => Promise<Reply>): Promise<Reply> => {
    const reply = await send();
    if (bug === 'timeout-called-failure' && reply.type === 'info')
      return { ...reply, type: 'fail' };
    if (bug === 'failure-called-success' && reply.type === 'fail') return { ...reply, type: 'ok' };
    return bug === 'silent-retry' && reply.type === 'info' ? send() : reply;
  };
  return {
    async get(key, consistency) {
      reads += 1;
      const known = cache.get(key);
      if (bug === 'cached-read' && known !== undefined && reads % cacheHits === 0) return known;
      const reply = await store.get(key, consistency);
      if (reply.type === 'ok') cache.set(key, reply);
      return reply;
    },
    put: (key, value, condition) => write(() => store.put(key, value, condition)),
    delete: (key, condition) => write(() => store.delete(key, condition)),
    compareAndSet: (key, expected, next) => write(() => store.compareAndSet(key, expected, next)),
  };
}
