/**
 * Clients of the meta group: from one node after the other they add unique names to one document,
 * so that they conflict as often as can be. A change that was acknowledged is there for ever and
 * once, one that was refused is not, and no node's view goes back.
 */
import { KvError } from '../../src/kv/errors.js';
import type { ClusterView } from '../../src/kv/meta/cluster-view.js';
import type { Random } from './random-streams.js';
import type { SimulatedProcess } from './simulated-process.js';
import type { World } from './world.js';

const document = 'test/notes';
const everyMsMin = 500;
const everyMsMax = 8_000;

export class ClusterNotes {
  readonly #world: World;
  readonly #random: Random;
  readonly #kept = new Set<string>();
  readonly #refused = new Set<string>();
  readonly #revisions = new WeakMap<SimulatedProcess, number>();
  #count = 0;
  #stopped = false;

  constructor(world: World) {
    this.#world = world;
    this.#random = world.streams.stream('cluster-notes');
  }

  start(): void {
    const waitMs = this.#random.scaled(everyMsMin, everyMsMax);
    this.#world.time.after(waitMs, () => {
      if (this.#stopped) return;
      this.#note();
      this.start();
    });
  }

  stop(): void {
    this.#stopped = true;
  }

  /** At the end, when everything is at rest. */
  verify(): void {
    for (const { process } of this.#world.nodes) {
      const view = process?.kv.meta.view;
      if (process === undefined || view === undefined) continue;
      const notes = notesIn(view);
      const lost = [...this.#kept].find((name) => !notes.includes(name));
      const twice = notes.find((name, at) => notes.indexOf(name) !== at);
      const refused = notes.find((name) => this.#refused.has(name));
      const wrong =
        (lost && `lacks ${lost}, which was acknowledged`) ??
        (twice && `has ${twice} twice`) ??
        (refused && `has ${refused}, which was refused`);
      if (wrong !== undefined) {
        this.#world.violated('META', `the cluster as node ${process.node} knows it ${wrong}`);
      }
    }
  }

  #note(): void {
    const via = this.#random.below(this.#world.nodes.length) + 1;
    const timeoutMs = Math.round(this.#random.scaled(50, 8_000));
    const { process, state } = this.#world.node(via);
    if (process === undefined || state !== 'running') return;
    this.#count += 1;
    const name = `note-${this.#count}`;
    process.clock.enter(() => {
      process.kv.meta.transact(addNote(name), timeoutMs).then(
        (view) => this.#noted(process, name, view),
        (error: unknown) => this.#failed(process, name, error),
      );
    });
  }

  #noted(process: SimulatedProcess, name: string, view: ClusterView): void {
    if (process.dead) return;
    this.#kept.add(name);
    this.#tell(process, `${name}: done`);
    const before = this.#revisions.get(process) ?? 0;
    this.#revisions.set(process, view.revision);
    if (view.revision < before || !notesIn(view).includes(name)) {
      const what = `${name} is answered by a view at ${view.revision}, after one at ${before}`;
      this.#world.violated('META', what);
    }
  }

  #failed(process: SimulatedProcess, name: string, error: unknown): void {
    if (process.dead) return;
    if (!(error instanceof KvError)) {
      const why = error instanceof Error ? error.stack : String(error);
      this.#world.violated('META', `${name} failed without a code: ${why}`);
      return;
    }
    if (error.outcome === 'not_applied') this.#refused.add(name);
    this.#tell(process, `${name}: ${error.code}`);
  }

  #tell(process: SimulatedProcess, what: string): void {
    this.#world.covered(`cluster note ${what.split(' ')[1]}`);
    this.#world.event(process.node, `cluster ${what}`);
  }
}

function addNote(name: string) {
  return (view: ClusterView) => {
    const notes = notesIn(view);
    if (notes.includes(name)) return undefined;
    const conditions = [[document, view.revisionOf(document)]] as const;
    return { conditions, puts: [[document, [...notes, name]]] as const, removals: [] };
  };
}

function notesIn(view: ClusterView): readonly string[] {
  return (view.document(document)?.value ?? []) as readonly string[];
}
