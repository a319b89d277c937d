/**
 * Histories of a real register with clients that overlap, lose answers and set conditions: all
 * possible by construction. Then the same with one answer falsified, judged by trying every order.
 */
import t from 'tap';
import { SeededRandom } from '../../raft/core/seeded-random.js';
import { History, type HistoryEvent, type Operation, type Told } from './history.js';
import { checkLinearizability } from './linearizability.js';
import { ABSENT, RegisterModel } from './register-model.js';

/** A register that takes effect at a drawn moment between call and answer, or never. */
class RandomRegister {
  readonly history = new History();
  readonly #random: () => number;
  #value: string | undefined;
  #revision = 0;
  /** Of the whole shard: other keys step it too. */
  #shardRevision = 0;
  #timeMs = 0;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed).next;
  }

  run(clients: number, calls: number): History {
    const open = new Map<number, { effect: () => Told; told: Told | undefined }>();
    let asked = 0;
    while (asked < calls || open.size > 0) {
      const client = 1 + Math.floor(this.#random() * clients);
      const waiting = open.get(client);
      this.#timeMs += 1;
      if (waiting === undefined) {
        if (asked < calls)
          open.set(client, { effect: this.#call(client, ++asked), told: undefined });
      } else if (waiting.told === undefined) {
        if (this.#random() < 0.1) this.#lose(open, client, this.#random() < 0.5);
        else waiting.told = waiting.effect();
      } else {
        open.delete(client);
        this.history.complete('ok', this.#timeMs, client, waiting.told);
      }
    }
    return this.history;
  }

  #lose(open: Map<number, { effect: () => Told }>, client: number, applied: boolean): void {
    if (applied) open.get(client)?.effect();
    open.delete(client);
    this.history.complete('info', this.#timeMs, client);
  }

  #call(process: number, number: number): () => Told {
    const draw = this.#random();
    const kind = draw < 0.4 ? 'get' : draw < 0.55 ? 'delete' : 'put';
    const value = kind === 'put' ? `v${number}` : undefined;
    const conditional = kind !== 'get' && this.#random() < 0.4;
    const ifMatch = conditional ? this.#revision : undefined;
    const condition = ifMatch === undefined ? {} : { ifMatch };
    const asked = { process, kind, key: 'k', condition } as const;
    this.history.invoke(this.#timeMs, { ...asked, ...(value !== undefined && { value }) });
    return () => (kind === 'get' ? this.#get() : this.#write(value, ifMatch));
  }

  #get(): Told {
    const found = this.#value === undefined ? {} : { value: this.#value, revision: this.#revision };
    return { shardRevision: this.#shardRevision, ...found };
  }

  #write(value: string | undefined, ifMatch: number | undefined): Told {
    const exists = this.#value !== undefined;
    const [shardRevision, revision] = [this.#shardRevision, this.#revision];
    if (ifMatch !== undefined && !(exists && ifMatch === revision)) {
      const told = { outcome: 'precondition-failed', shardRevision } as const;
      return exists ? { ...told, revision } : told;
    }
    if (value === undefined && !exists) return { outcome: 'absent', shardRevision };
    this.#shardRevision += 1 + Math.floor(this.#random() * 2);
    this.#revision = this.#shardRevision;
    this.#value = value;
    const outcome = value === undefined ? 'deleted' : exists ? 'replaced' : 'created';
    return { outcome, shardRevision: this.#shardRevision };
  }
}

t.test('what a register did is never called impossible', async (t) => {
  let searched = 0;
  for (let seed = 1; seed <= 300; seed += 1) {
    const history = new RandomRegister(seed).run(4, 40);
    const { verdict, explanation, keys } = checkLinearizability(history.operations());
    searched += keys.searched;
    if (verdict !== 'valid') return t.fail(`seed ${seed}: ${verdict} ${explanation}`);
  }
  t.ok(searched > 0, `${searched} needed a search`);
});

t.test('one false answer is judged as by trying every order', async (t) => {
  const verdicts = { valid: 0, invalid: 0 };
  for (let seed = 1; seed <= 400; seed += 1) {
    const random = new SeededRandom(seed + 10_000).next;
    const history = falsified(new RandomRegister(seed).run(3, 7), random);
    const operations = history.operations();
    const possible = everyOrder(operations) ? 'valid' : 'invalid';
    verdicts[possible] += 1;
    const { verdict, explanation } = checkLinearizability(operations);
    if (verdict !== possible) {
      return t.fail(
        `seed ${seed}: ${verdict}, but ${possible}\n${explanation}\n${history.lines()}`,
      );
    }
  }
  t.ok(verdicts.valid > 50 && verdicts.invalid > 50, JSON.stringify(verdicts));
});

/** Another write's value in one read, or nothing. */
function falsified(history: History, random: () => number): History {
  const values = history.events.flatMap((event) =>
    event.type === 'invoke' && event.value !== undefined ? [event.value] : [],
  );
  const reads = history.events.filter(
    (event) => event.type === 'ok' && event.outcome === undefined,
  );
  const read = reads[Math.floor(random() * reads.length)];
  const value = values[Math.floor(random() * (values.length + 1))];
  const lie = new History();
  for (const event of history.events) lie.events.push(event === read ? shows(event, value) : event);
  return lie;
}

function shows(event: HistoryEvent, value: string | undefined): HistoryEvent {
  if (event.type === 'invoke') return event;
  const { value: _, revision: __, ...rest } = event;
  return value === undefined ? rest : { ...rest, value };
}

function everyOrder(operations: readonly Operation[]): boolean {
  const model = new RegisterModel(operations);
  const waiting = operations.filter(
    ({ kind, status }) => status === 'ok' || (status === 'unknown' && kind !== 'get'),
  );
  const place = (state: number, left: readonly Operation[]): boolean => {
    if (left.every(({ status }) => status === 'unknown')) return true;
    return left.some((operation) => {
      if (left.some((other) => other.completedAt < operation.invokedAt)) return false;
      const next = model.step(state, operation);
      return (
        next !== undefined &&
        place(
          next,
          left.filter((other) => other !== operation),
        )
      );
    });
  };
  return place(ABSENT, waiting);
}
