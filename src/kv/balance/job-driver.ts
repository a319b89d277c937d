/**
 * Drives all jobs, on the node that leads the meta group. It keeps nothing that another node would
 * need: what a job is, its document says, and how far its steps are, the shards. A driver that
 * comes writes its name into the document, and the one before it can write nothing there any more.
 */
import type { Clock } from '../../raft/clock.js';
import { KvError } from '../errors.js';
import type { ClusterControl } from './cluster-control.js';
import type { DocumentStore } from './cluster-documents.js';
import { hasEnded, isActive, isUnderWay, type JobDocument } from './job-document.js';
import { obstacleTo } from './job-schedule.js';
import { StepDriver } from './step-driver.js';

export interface JobDriverOptions {
  readonly node: number;
  readonly store: DocumentStore;
  readonly control: ClusterControl;
  readonly clock: Clock;
  readonly logger: { warn(fields: object, message: string): void };
}

/** How often steps that are under way are looked at. */
const periodMs = 250;
/** After a refusal the pause doubles from one to the other. */
const pauseMsMin = 500;
const pauseMsMax = 10_000;
/**
 * Two that both believe to lead would take a job from each other at every look. So each takes it
 * once, the later one keeps it, and only much later is it taken again.
 */
const adoptionMs = 15_000;

interface Driven {
  readonly driver: StepDriver;
  busy: boolean;
  refusals: number;
  notBeforeMs: number;
}

export class JobDriver {
  readonly #options: JobDriverOptions;
  readonly #steps = new Map<string, Driven>();
  readonly #adopting = new Set<string>();
  readonly #adoptedMs = new Map<string, number>();
  #endListening: (() => void) | undefined;
  #cancelPeriod: (() => void) | undefined;

  constructor(options: JobDriverOptions) {
    this.#options = options;
  }

  get running(): boolean {
    return this.#endListening !== undefined;
  }

  /** This node leads the meta group. */
  start(): void {
    if (this.running) return;
    this.#endListening = this.#options.store.onChange(() => this.#wake());
    this.#wake();
  }

  /** It does not any more. What was asked for is not taken back: it is bound to what was seen. */
  stop(): void {
    this.#endListening?.();
    this.#endListening = undefined;
    this.#rest();
    this.#steps.clear();
    this.#adoptedMs.clear();
  }

  /** Without a job that is active nothing ticks. */
  #wake(): void {
    const { store, clock } = this.#options;
    const active = [...store.documents().jobs.values()].some(isActive);
    if (!active) return this.#rest();
    this.#cancelPeriod ??= clock.every(periodMs, () => this.look());
  }

  #rest(): void {
    this.#cancelPeriod?.();
    this.#cancelPeriod = undefined;
  }

  /** One look at all jobs. */
  look(): void {
    if (!this.running) return;
    const { store, node } = this.#options;
    for (const job of store.documents().jobs.values()) {
      if (job.state === 'queued' || (job.state === 'running' && job.driver !== node)) {
        this.#adopt(job.id);
      } else if (job.state === 'running') this.#drive(job);
    }
    this.#forget();
  }

  #adopt(id: string): void {
    const { store, node: driver, clock } = this.#options;
    const adoptedMs = this.#adoptedMs.get(id) ?? Number.NEGATIVE_INFINITY;
    const early = clock.monotonicMs() - adoptedMs < adoptionMs;
    if (early || this.#adopting.has(id)) return;
    this.#adopting.add(id);
    const adopted = store.transact((documents) => {
      const job = documents.jobs.get(id);
      const mine = job?.state === 'running' && job.driver === driver;
      if (job === undefined || mine || (job.state !== 'queued' && job.state !== 'running')) {
        return { changes: new Map(), answer: false };
      }
      const startedMs = job.startedMs ?? clock.wallMs();
      const next: JobDocument = { ...job, state: 'running', because: '', driver, startedMs };
      return { changes: new Map([[`jobs/${id}`, next]]), answer: true };
    });
    const noted = adopted.then((taken) => taken && this.#adoptedMs.set(id, clock.monotonicMs()));
    void this.#settled(noted, id).finally(() => this.#adopting.delete(id));
  }

  #drive(job: JobDocument): void {
    const { store } = this.#options;
    for (const [at, step] of job.steps.entries()) {
      if (hasEnded(step)) continue;
      const obstacle = isUnderWay(step) ? undefined : obstacleTo(job, at, store.documents());
      if (obstacle === undefined) this.#advance(job.id, at);
    }
  }

  #advance(job: string, at: number): void {
    const { clock, node, store, control } = this.#options;
    const key = `${job}/${at}`;
    const nowMs = () => clock.wallMs();
    const driven = this.#steps.get(key) ?? {
      driver: new StepDriver({ node, store, control, nowMs }, { job, at }),
      busy: false,
      refusals: 0,
      notBeforeMs: 0,
    };
    this.#steps.set(key, driven);
    if (driven.busy || clock.monotonicMs() < driven.notBeforeMs) return;
    driven.busy = true;
    const advanced = driven.driver.advance().then((agreed) => {
      driven.refusals = agreed ? 0 : driven.refusals + 1;
      const doubled = pauseMsMin * 2 ** Math.min(driven.refusals - 1, 10);
      if (!agreed) driven.notBeforeMs = clock.monotonicMs() + Math.min(doubled, pauseMsMax);
    });
    void this.#settled(advanced, key).finally(() => {
      driven.busy = false;
    });
  }

  /** Without the meta group's majority nothing is written; the next look tries again. */
  async #settled(work: Promise<unknown>, what: string): Promise<void> {
    try {
      await work;
    } catch (error) {
      const expected = error instanceof KvError;
      const fields = { what, reason: (error as Error).message, ...(!expected && { error }) };
      this.#options.logger.warn(fields, 'a job could not go on');
    }
  }

  #forget(): void {
    const { jobs } = this.#options.store.documents();
    for (const [key, { driver, busy }] of this.#steps) {
      const step = jobs.get(driver.job)?.steps[driver.at];
      if (!busy && (step === undefined || hasEnded(step))) this.#steps.delete(key);
    }
  }
}
