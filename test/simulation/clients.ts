/**
 * The clients of a simulated cluster: each does one operation at a time and tells the observers
 * what it asked and what it learned. What became of an operation that nobody answered is recorded
 * as unknown, never guessed.
 */
import { KvError } from '../../src/kv/errors.js';
import type { ReadAnswer, WriteAnswer } from '../../src/kv/service.js';
import type { Condition } from '../../src/kv/store/types.js';
import type { Completion, Observer, Operation, ProcessView } from './observer.js';
import type { Random } from './random-streams.js';
import type { ClientPlan } from './run-plan.js';
import type { SimulatedProcess } from './simulated-process.js';
import type { World } from './world.js';

/** Beyond the time it gave the node, a client waits this long for the answer. */
const graceMs = 2_000;

type Request = Pick<
  Operation,
  'kind' | 'key' | 'value' | 'condition' | 'maxStalenessMs' | 'timeoutMs'
>;

interface Open {
  readonly operation: Operation;
  readonly process: SimulatedProcess;
  readonly settle: (completion: Completion) => void;
}

/** Sends operations to nodes and waits for what comes back. */
export class Connections implements Observer {
  readonly #world: World;
  readonly #open = new Set<Open>();
  #operations = 0;

  constructor(world: World) {
    this.#world = world;
  }

  get open(): number {
    return this.#open.size;
  }

  /** False when nobody listens there; then nothing was asked. */
  send(
    client: number,
    node: number,
    request: Request,
    settled: (completion: Completion) => void,
  ): boolean {
    const { time, hooks, trace } = this.#world;
    const { process, state } = this.#world.node(node);
    if (process === undefined || state === 'starting') return false;
    this.#operations += 1;
    const operation = { id: this.#operations, client, node, invokedMs: time.nowMs, ...request };
    hooks.invoked(operation);
    trace.note(operation.id, client, node);
    trace.line(node, () => `c${client} asks ${operationText(operation)}`);
    const cancel = time.after(request.timeoutMs + graceMs, () =>
      open.settle({ type: 'info', code: 'no_answer' }),
    );
    const open: Open = {
      operation,
      process,
      settle: (completion) => {
        if (!this.#open.delete(open)) return;
        cancel();
        trace.note(operation.id, completion.type.length);
        trace.line(node, () => `c${client} hears #${operation.id} ${completionText(completion)}`);
        hooks.completed(operation, completion);
        settled(completion);
      },
    };
    this.#open.add(open);
    process.clock.enter(() => this.#call(open));
    return true;
  }

  #call(open: Open): void {
    const { operation, process, settle } = open;
    const { kind, key, timeoutMs } = operation;
    const context = { requestId: `#${operation.id}`, timeoutMs, forward: true };
    const failed = (error: unknown) => {
      if (!process.dead) settle(this.#failure(operation, error));
    };
    const bytes = Buffer.from(key);
    if (kind === 'read' || kind === 'stale-read') {
      const consistency = kind === 'read' ? 'linearizable' : 'stale';
      const { maxStalenessMs } = operation;
      const bound = maxStalenessMs === undefined ? {} : { maxStalenessMs };
      process.kv.read({ key: bytes, consistency, ...bound }, context).then((read) => {
        if (!process.dead) settle({ type: 'ok', read });
      }, failed);
      return;
    }
    const value = Buffer.from(operation.value ?? '');
    const { condition } = operation;
    const request = { type: kind, key: bytes, condition, value, contentType: 'text/plain' };
    process.kv.write(request, context).then((write) => {
      if (!process.dead) settle({ type: 'ok', write });
    }, failed);
  }

  #failure(operation: Operation, error: unknown): Completion {
    if (error instanceof KvError) {
      return { type: error.outcome === 'unknown' ? 'info' : 'fail', code: error.code };
    }
    const why = error instanceof Error ? error.stack : String(error);
    this.#world.violated('API', `${operationText(operation)} failed without a code: ${why}`);
    return { type: 'info', code: 'internal' };
  }

  /** Connections break with the process. */
  died(process: ProcessView): void {
    for (const open of [...this.#open]) {
      if (open.process === process) open.settle({ type: 'info', code: 'connection_lost' });
    }
  }
}

/** Does what its plan says until it is stopped. */
export class Client {
  readonly #world: World;
  readonly #connections: Connections;
  readonly #plan: ClientPlan;
  readonly #random: Random;
  /** Revisions as last heard, for conditions. */
  readonly #revisions = new Map<string, number>();
  #node: number;
  #operations = 0;
  #stopped = false;

  constructor(world: World, connections: Connections, plan: ClientPlan) {
    this.#world = world;
    this.#connections = connections;
    this.#plan = plan;
    this.#random = world.streams.stream(`client/${plan.id}`);
    this.#node = plan.node;
  }

  start(): void {
    this.#later();
  }

  stop(): void {
    this.#stopped = true;
  }

  #later(): void {
    const { thinkMs } = this.#plan;
    this.#world.time.after(thinkMs * this.#random.within(0.1, 2), () => this.#next());
  }

  #next(): void {
    if (this.#stopped || this.#operations >= this.#plan.operationsMax) return;
    const request = this.#draw();
    const sent = this.#connections.send(this.#plan.id, this.#node, request, (completion) => {
      this.#learn(request.key, completion);
      const roams = this.#plan.roams && this.#random.chance(0.2);
      if (roams || completion.type !== 'ok') this.#change();
      this.#later();
    });
    if (sent) return;
    this.#change();
    this.#later();
  }

  #change(): void {
    if (this.#plan.stays === true) return;
    this.#node = this.#random.pick(this.#world.ids);
  }

  #draw(): Request {
    const random = this.#random;
    const { keys, mix, timeoutMs } = this.#plan;
    this.#operations += 1;
    const key = `k${Math.floor(keys * random.next() ** 2)}`;
    let point =
      random.next() * (mix.put + mix.conditionalPut + mix.delete + mix.read + mix.staleRead);
    const falls = (share: number) => {
      point -= share;
      return point < 0;
    };
    const plain = { key, value: undefined, condition: {}, maxStalenessMs: undefined, timeoutMs };
    if (falls(mix.put)) return { ...plain, kind: 'put', value: this.#value() };
    if (falls(mix.conditionalPut)) {
      return { ...plain, kind: 'put', value: this.#value(), condition: this.#condition(key) };
    }
    if (falls(mix.delete)) {
      return {
        ...plain,
        kind: 'delete',
        condition: random.chance(0.3) ? this.#condition(key) : {},
      };
    }
    if (falls(mix.read)) return { ...plain, kind: 'read' };
    const maxStalenessMs = random.chance(0.5) ? Math.ceil(random.scaled(10, 5_000)) : undefined;
    return { ...plain, kind: 'stale-read', maxStalenessMs };
  }

  /** Never the same twice. */
  #value(): string {
    const name = `c${this.#plan.id}.${this.#operations}.`;
    const bytes = Math.floor(this.#random.scaled(1, this.#plan.valueBytesMax));
    return name.padEnd(bytes, 'x');
  }

  #condition(key: string): Condition {
    const revision = this.#revisions.get(key);
    const choice = this.#random.below(4);
    if (choice === 0) return { ifNoneMatch: '*' };
    if (choice === 1 || revision === undefined) return { ifMatch: '*' };
    return choice === 2 ? { ifMatch: revision } : { ifNoneMatch: revision };
  }

  #learn(key: string, completion: Completion): void {
    if (completion.type !== 'ok') return;
    const revision = revisionOf(completion);
    if (revision === undefined) this.#revisions.delete(key);
    else this.#revisions.set(key, revision);
  }
}

function revisionOf(completion: Completion & { type: 'ok' }): number | undefined {
  if ('read' in completion) return completion.read.found?.revision;
  const { write } = completion;
  if (write.outcome === 'precondition-failed') return write.current;
  return write.outcome === 'created' || write.outcome === 'replaced'
    ? write.shardRevision
    : undefined;
}

export function operationText(operation: Operation): string {
  const { id, kind, key, value, condition, maxStalenessMs } = operation;
  const conditions = Object.entries(condition).map(([name, revision]) => ` ${name}=${revision}`);
  const bytes = value === undefined ? '' : ` ${shortValue(value)} (${value.length} B)`;
  const bound = maxStalenessMs === undefined ? '' : ` within ${maxStalenessMs} ms`;
  return `#${id} ${kind} ${key}${bytes}${conditions.join('')}${bound}`;
}

function completionText(completion: Completion): string {
  if (completion.type !== 'ok') return `${completion.type} ${completion.code}`;
  return 'read' in completion ? readText(completion.read) : writeText(completion.write);
}

function readText({ shard, node, shardRevision, found, stalenessMs }: ReadAnswer): string {
  const what =
    found === undefined ? 'absent' : `${shortValue(found.value.toString())} @${found.revision}`;
  const age = stalenessMs === undefined ? '' : ` ${stalenessMs} ms old`;
  return `ok ${what}${age} (g${shard} n${node} @${shardRevision})`;
}

function writeText({ shard, node, shardRevision, outcome }: WriteAnswer): string {
  return `ok ${outcome} (g${shard} n${node} @${shardRevision})`;
}

function shortValue(value: string): string {
  return value.replace(/x+$/, '');
}
