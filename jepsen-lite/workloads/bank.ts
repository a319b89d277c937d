/**
 * Accounts between which money is moved: the sum never changes. Until there are transactions over
 * several keys, all accounts stand in one value.
 */
import type { Value } from '../history/event.js';
import type { Setup, Step, Workload } from './workload.js';
import { parseJson, update } from './workload.js';

const accounts = ['a', 'b', 'c', 'd', 'e'] as const;
const balanceAtFirst = 20;
type Balances = Readonly<Record<string, number>>;

export const bank: Workload = {
  name: 'bank',
  about: 'money is moved between accounts, and its sum stays',
  model: 'bank',
  needs: ['read', 'writeIfRevision', 'writeIfAbsent'],
  open({ random, clients, prefix }: Setup) {
    const streams = Array.from({ length: clients }, (_, i) => random.stream(`client ${i}`));
    const key = `${prefix}accounts`;
    const opening = Object.fromEntries(accounts.map((account) => [account, balanceAtFirst]));
    const balances: Step = {
      f: 'balances',
      async perform(store) {
        const reply = await store.get(key);
        // Nobody has moved anything yet.
        return reply.type === 'ok'
          ? { ...reply, value: reply.value === null ? opening : parseJson(reply.value) }
          : reply;
      },
    };
    const transfer = (from: string, to: string, amount: number): Step => ({
      f: 'transfer',
      value: { from, to, amount },
      async perform(store) {
        const { before: _, ...done } = await update(store, key, (text) => {
          const held = text === null ? opening : parseJson(text);
          if (!isBalances(held) || (held[from] ?? 0) < amount) return undefined;
          return JSON.stringify({
            ...held,
            [from]: (held[from] ?? 0) - amount,
            [to]: (held[to] ?? 0) + amount,
          });
        });
        return done;
      },
    });
    return {
      next(client) {
        const stream = streams[client] ?? random;
        if (stream.chance(0.4)) return balances;
        const from = stream.pick(accounts);
        const to = stream.pick(accounts.filter((account) => account !== from));
        return transfer(from, to, stream.between(1, 5));
      },
      last: () => [balances],
    };
  },
};

function isBalances(value: Value): value is Balances {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
