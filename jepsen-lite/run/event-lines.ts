/**
 * A run told event by event, for whoever watches it: what is broken and mended, which node plays
 * which part, and every operation that was refused or left open. What simply went well is counted
 * once a second and would hide the rest.
 */
import type { HistoryEvent } from '../history/event.js';
import { field } from '../history/field.js';
import { showValue, tellCall } from '../history/tell.js';
import { type NodeLine, type ReplicaState, replicaWords } from './node-state.js';

export class EventLines {
  readonly #tell: (line: string) => void;
  /** Calls without an answer so far, of each client. */
  readonly #open = new Map<number, HistoryEvent>();
  readonly #replicas = new Map<string, string>();
  readonly #silent = new Set<string>();

  constructor(tell: (line: string) => void) {
    this.#tell = tell;
  }

  event(event: HistoryEvent): void {
    const { process, type } = event;
    if (process === 'nemesis') {
      const what = faultWords(event);
      if (what !== undefined) this.#line(event.timeNs, '--', what);
      return;
    }
    if (type === 'invoke') {
      this.#open.set(process, event);
      return;
    }
    const call = this.#open.get(process);
    this.#open.delete(process);
    if (call !== undefined && type !== 'ok')
      this.#line(event.timeNs, `c${process}`, end(call, event));
  }

  node({ timeNs, node, answers, replicas }: NodeLine): void {
    if (!answers) {
      this.#silent.add(node);
      this.#line(timeNs, node, 'does not answer');
      return;
    }
    if (this.#silent.delete(node)) this.#line(timeNs, node, 'answers again');
    for (const replica of replicas) {
      const name = `${node} ${replica.shard}`;
      const part = withoutCommit(replica);
      if (this.#replicas.get(name) === part) continue;
      this.#replicas.set(name, part);
      this.#line(timeNs, node, replicaWords(replica));
    }
  }

  #line(timeNs: number, who: string, what: string): void {
    this.#tell(`${(timeNs / 1e9).toFixed(3).padStart(10)} ${who} ${what}`);
  }
}

/** Undefined for what is told elsewhere: leaders by the nodes themselves. */
function faultWords({ type, f, value }: HistoryEvent): string | undefined {
  if (type === 'invoke') return `${f}: ${showValue(value)}`;
  const [verified, stopped] = [field(value, 'verified'), field(value, 'stopped')];
  if (verified !== undefined) return `${f} ${verified === true ? 'holds' : 'WAS NOT SEEN TO HOLD'}`;
  return stopped === undefined ? undefined : `${f} is over: ${showValue(stopped)}`;
}

function end(call: HistoryEvent, { type, error, node, timeNs }: HistoryEvent): string {
  const words = tellCall({ condition: {}, ...call, asked: call.value });
  const what = type === 'fail' ? 'refused' : 'nobody knows';
  const why = [error, node, `${Math.round((timeNs - call.timeNs) / 1e6)} ms`];
  return `${words} -> ${what}: ${why.filter((part) => part !== undefined).join(', ')}`;
}

/** It rises all the time. */
function withoutCommit({ commit: _, ...rest }: ReplicaState): string {
  return JSON.stringify(rest);
}
