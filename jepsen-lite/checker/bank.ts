/**
 * Accounts between which money is moved. Every look shows the same sum, nothing overdrawn, and in
 * each account what the transfers can have left there: the confirmed ones before it surely, those
 * that had begun perhaps. Nobody needs to say how much there was at first, only that all looks can
 * agree on it.
 */
import type { Operation } from '../history/operation.js';
import { tell } from '../history/tell.js';
import {
  type Finding,
  finding,
  type KeyRule,
  malformed,
  SenselessAnswer,
  undecided,
} from './judge-by-key.js';
import { type Change, PossibleSums } from './possible-sums.js';

export const bankRule: KeyRule = {
  claim: 'money is moved, never made or lost, and no account is overdrawn',
  fs: ['transfer', 'balances'],
  judge(operations) {
    const looks = operations
      .filter(({ f, status }) => f === 'balances' && status === 'ok')
      .map((operation) => ({ operation, balances: balancesOf(operation) }));
    const transfers = operations
      .filter(({ f, status }) => f === 'transfer' && status !== 'fail')
      .map(transferOf);
    return otherSum(looks) ?? overdrawn(looks) ?? unexplained(looks, transfers);
  },
};

interface Look {
  readonly operation: Operation;
  readonly balances: ReadonlyMap<string, number>;
}

interface Transfer {
  readonly operation: Operation;
  readonly from: string;
  readonly to: string;
  readonly amount: number;
}

function balancesOf(operation: Operation): ReadonlyMap<string, number> {
  const { answered } = operation;
  const wrong = () => new SenselessAnswer(operation, 'an object of balances');
  if (typeof answered !== 'object' || answered === null || Array.isArray(answered)) throw wrong();
  return new Map(
    Object.entries(answered).map(([account, balance]) => {
      if (typeof balance !== 'number') throw wrong();
      return [account, balance];
    }),
  );
}

function transferOf(operation: Operation): Transfer {
  const { asked } = operation;
  if (typeof asked === 'object' && asked !== null && !Array.isArray(asked)) {
    const { from, to, amount } = asked as Readonly<Record<string, unknown>>;
    if (isName(from) && isName(to) && typeof amount === 'number' && amount >= 0) {
      return { operation, from: String(from), to: String(to), amount };
    }
  }
  throw malformed(operation, asked, '{ from, to, amount }');
}

function isName(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

function otherSum(looks: readonly Look[]): Finding | undefined {
  const sumOf = ({ balances }: Look) => [...balances.values()].reduce((sum, one) => sum + one, 0);
  const [first] = looks;
  if (first === undefined) return undefined;
  const sum = sumOf(first);
  const other = looks.find((look) => sumOf(look) !== sum);
  if (other === undefined) return undefined;
  const [one, two] = [first, other].map(({ operation }) => tell(operation));
  const words = `${one} sums up to ${sum}, and ${two} to ${sumOf(other)}`;
  return finding(words, first.operation, other.operation);
}

function overdrawn(looks: readonly Look[]): Finding | undefined {
  for (const { operation, balances } of looks) {
    for (const [account, balance] of balances) {
      if (balance < 0) return finding(`${tell(operation)}: ${account} is overdrawn`, operation);
    }
  }
  return undefined;
}

/** Account by account: looks that no common balance at first explains. */
function unexplained(looks: readonly Look[], transfers: readonly Transfer[]): Finding | undefined {
  const accounts = new Set(looks.flatMap(({ balances }) => [...balances.keys()]));
  const changes = new Map([...accounts].map((account): [string, Change[]] => [account, []]));
  for (const { operation, from, to, amount } of transfers) {
    if (from === to) continue;
    changes.get(from)?.push({ operation, amount: -amount });
    changes.get(to)?.push({ operation, amount });
  }
  let open: Finding | undefined;
  for (const [account, ofAccount] of changes) {
    const sums = new PossibleSums(ofAccount);
    const found = disagreement(account, looks, sums);
    if (found !== undefined && found.undecided !== true) return found;
    open ??= found;
  }
  return open;
}

function disagreement(
  account: string,
  looks: readonly Look[],
  sums: PossibleSums,
): Finding | undefined {
  interface Bound {
    readonly look: Operation;
    readonly first: number;
  }
  /** The looks that say the most of what was there at first. */
  let [atLeast, atMost]: (Bound | undefined)[] = [];
  for (const { operation: look, balances } of looks) {
    const { low, high } = sums.bounds(look);
    const balance = balances.get(account) ?? 0;
    const [least, most] = [balance - high, balance - low];
    if (atLeast === undefined || least > atLeast.first) atLeast = { look, first: least };
    if (atMost === undefined || most < atMost.first) atMost = { look, first: most };
    if (atLeast.first <= atMost.first) continue;
    const one = `by ${tell(atLeast.look)} it began with at least ${atLeast.first}`;
    const other = `by ${tell(atMost.look)} with at most ${atMost.first}`;
    const words = `no transfers explain account ${account}: ${one}, ${other}`;
    return finding(words, atLeast.look, atMost.look);
  }
  if (atLeast === undefined || atLeast.first !== atMost?.first) return undefined;
  const { first } = atLeast;
  let open: Finding | undefined;
  for (const { operation: look, balances } of looks) {
    const possible = sums.canBe(look, (balances.get(account) ?? 0) - first);
    if (possible === undefined) {
      const words = `${tell(look)}: the transfers under way are too many to count out`;
      open ??= undecided(words);
    }
    if (possible !== false) continue;
    const why = `no choice of the transfers under way leads to ${tell(look)}`;
    const words = `account ${account} began with ${first}, and ${why}`;
    return finding(words, look);
  }
  return open;
}
