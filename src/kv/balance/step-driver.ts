/**
 * Takes one step of a job as far as it goes now: looks at its shards, decides, writes down what it
 * is about to do, does it. The order is what makes a driver replaceable at any moment.
 *
 * 1. *Look.* With what is seen comes the shard's epoch.
 * 2. *Write down.* One transaction says that the step has begun, and is refused when the job is not
 *    this driver's any more, has been paused, or is to end. It is a look at the truth as well: when
 *    it is committed, nobody has recorded the step as done.
 * 3. *Do.* The request is bound to the epoch of 1. If another driver has done the step meanwhile,
 *    the epoch is another one; also when that driver ended the job and an operator then turned the
 *    shard back to what it was. So a request that arrives late changes nothing.
 * 4. Nothing is concluded from its answer. The next look tells.
 */
import { KvError } from '../errors.js';
import { type ClusterControl, requestLifetimeMs, type Sighting } from './cluster-control.js';
import type { ClusterDocuments, Decision, DocumentStore } from './cluster-documents.js';
import { hasEnded, isUnderWay, type JobDocument, type JobStep } from './job-document.js';
import { obstacleTo } from './job-schedule.js';
import { endStep, headingOf, stopJob, withStep } from './job-steps.js';
import { recordInMap } from './map-record.js';
import { shardsOf } from './plan.js';
import { stepPath } from './step-path.js';
import type { Heading, StepRequest, StepVerdict } from './step-verdict.js';

export interface StepDriverOptions {
  readonly node: number;
  readonly store: DocumentStore;
  readonly control: ClusterControl;
  readonly nowMs: () => number;
}

type Sightings = ReadonlyMap<number, Sighting>;

/** What only changes in its words is written down at most this often. */
const wordsPeriodMs = 2_000;

/** Refusals that no second look makes better. */
const definite: ReadonlySet<string> = new Set(['last_voter', 'shard_not_found', 'node_not_found']);

export class StepDriver {
  readonly job: string;
  readonly at: number;
  readonly #options: StepDriverOptions;
  #wordsMs = Number.NEGATIVE_INFINITY;
  /** How many of the step's requests are known to be settled: those that were sent from here. */
  #settled = 0;

  constructor(options: StepDriverOptions, step: { readonly job: string; readonly at: number }) {
    this.#options = options;
    this.job = step.job;
    this.at = step.at;
  }

  /** False: a request was refused, and to repeat it at once would be of no use. */
  async advance(): Promise<boolean> {
    const { store, control } = this.#options;
    const job = store.documents().jobs.get(this.job);
    const step = job && this.#mine(job);
    if (job === undefined || step === undefined) return true;
    const shards = shardsOf(step.action);
    const seen = await Promise.all(shards.map((shard) => control.look(shard)));
    const sightings = new Map(shards.map((shard, i) => [shard, seen[i] ?? 'unknown'] as const));
    const heading = headingOf(job);
    const verdict = stepPath(step.action, { heading, sightings, documents: store.documents() });
    switch (verdict.kind) {
      case 'undone':
        if (this.#mayStillCome(step)) {
          const words = `${verdict.because} What was asked for may still come.`;
          await this.#note({ kind: 'wait', state: 'undoing', because: words }, sightings);
          return true;
        }
        await this.#end(verdict, sightings);
        return true;
      case 'done':
        await this.#end(verdict, sightings);
        return true;
      case 'failed':
        await this.#fail(verdict.because);
        return true;
      case 'wait':
        await this.#note(verdict, sightings);
        return true;
      case 'request':
        return this.#request(verdict, sightings, heading);
    }
  }

  /** The step, as long as it is this driver's to take on. */
  #mine(job: JobDocument): JobStep | undefined {
    const step = job.steps[this.at];
    const runs = job.state === 'running' && job.driver === this.#options.node;
    return runs && step !== undefined && !hasEnded(step) ? step : undefined;
  }

  /**
   * A request of a driver that was lost, or one without an answer, may be on its way: it is bound
   * to an epoch that still stands, so that nothing was done is no sign that nothing will be.
   */
  #mayStillCome({ requests, requestedMs }: JobStep): boolean {
    if (requests === this.#settled || requestedMs === undefined) return false;
    return this.#options.nowMs() - requestedMs < requestLifetimeMs;
  }

  async #end(
    verdict: Extract<StepVerdict, { kind: 'done' | 'undone' }>,
    sightings: Sightings,
  ): Promise<void> {
    const { because } = verdict;
    await this.#decide((job, step, documents) => {
      const nowMs = this.#options.nowMs();
      const failedHere = job.stop?.step === this.at;
      const state = verdict.kind === 'done' ? 'done' : failedHere ? 'failed' : 'cancelled';
      const words = state === 'failed' ? (job.stop?.because ?? because) : because;
      const next = endStep(job, this.at, { state, because: words, nowMs });
      const map = recordInMap(step.action, sightings, documents, nowMs);
      return new Map([...map, [`jobs/${job.id}`, next]]);
    });
  }

  /** What has begun is undone before it counts as failed. */
  async #fail(because: string): Promise<void> {
    await this.#decide((job, step) => {
      if (headingOf(job) === 'back') return this.#words(job, step.state, because);
      const nowMs = this.#options.nowMs();
      const words = `Step ${this.at + 1}: ${because}`;
      const stopped = stopJob(job, { as: 'failed', because: words, step: this.at }, nowMs);
      if (step.begunMs !== undefined) return new Map([[`jobs/${job.id}`, stopped]]);
      const failed = endStep(stopped, this.at, { state: 'failed', because, nowMs });
      return new Map([[`jobs/${job.id}`, failed]]);
    });
  }

  async #note(verdict: Extract<StepVerdict, { kind: 'wait' }>, sightings: Sightings) {
    const { store } = this.#options;
    const known = store.documents().jobs.get(this.job)?.steps[this.at];
    if (known === undefined) return;
    const bytesDone = bytesCopied(known, sightings);
    const { state, because } = verdict;
    const same = known.state === state && known.because === because;
    if (same && known.bytesDone === bytesDone) return;
    if (known.state === state && this.#options.nowMs() - this.#wordsMs < wordsPeriodMs) return;
    await this.#decide((job) => this.#words(job, state, because, bytesDone));
  }

  async #request(
    verdict: Extract<StepVerdict, { kind: 'request' }>,
    sightings: Sightings,
    heading: Heading,
  ): Promise<boolean> {
    const { state, because, request } = verdict;
    const begun = await this.#decide((job, step, documents) => {
      if (headingOf(job) !== heading) return undefined;
      if (!isUnderWay(step) && obstacleTo(job, this.at, documents) !== undefined) return undefined;
      const first = step.begunMs === undefined && {
        begunMs: this.#options.nowMs(),
        before: asBefore(step, sightings),
      };
      const requests = step.requests + 1;
      const requestedMs = this.#options.nowMs();
      const asked = { ...first, state, because, requests, requestedMs };
      const next = withStep(job, this.at, asked);
      return new Map([[`jobs/${job.id}`, next]]);
    });
    if (!begun) return true;
    try {
      await this.#send(request);
      this.#settled += 1;
      return true;
    } catch (error) {
      if (!(error instanceof KvError)) throw error;
      if (error.outcome === 'not_applied') this.#settled += 1;
      if (definite.has(error.code)) await this.#fail(error.message);
      else await this.#decide((job) => this.#words(job, state, error.message));
      return false;
    }
  }

  #send(request: StepRequest): Promise<void> {
    const { control } = this.#options;
    switch (request.kind) {
      case 'members':
        return control.changeMembers(request.shard, request.request);
      case 'transfer':
        return control.transferLeader(request.shard, request.to);
      case 'split':
        return control.split(request);
      case 'merge':
        return control.merge(request);
    }
  }

  #words(
    job: JobDocument,
    state: JobStep['state'],
    because: string,
    bytesDone = job.steps[this.at]?.bytesDone ?? 0,
  ): Map<string, object | undefined> {
    this.#wordsMs = this.#options.nowMs();
    return new Map([[`jobs/${job.id}`, withStep(job, this.at, { state, because, bytesDone })]]);
  }

  /** False: nothing was written: the step is not this driver's any more, or it is not due. */
  #decide(
    change: (
      job: JobDocument,
      step: JobStep,
      documents: ClusterDocuments,
    ) => Map<string, object | undefined> | undefined,
  ): Promise<boolean> {
    return this.#options.store.transact((documents): Decision<boolean> => {
      const job = documents.jobs.get(this.job);
      const step = job && this.#mine(job);
      const changes = job && step && change(job, step, documents);
      if (changes === undefined) return { changes: new Map(), answer: false };
      const basis = changes.has('map') ? [] : ['map'];
      return { changes, basis: changes.size > 1 ? basis : [], answer: true };
    });
  }
}

/** What no look could tell any more when the step is to be undone later. */
function asBefore({ action }: JobStep, sightings: Sightings): NonNullable<JobStep['before']> {
  const sight = sightings.get(action.kind === 'merge' ? action.right : action.shard);
  if (sight === undefined || typeof sight === 'string') return {};
  if (action.kind === 'merge') return { at: sight.range.start };
  if (action.kind === 'transfer-leader') return { leader: sight.leader };
  if (action.kind !== 'remove-replica') return {};
  const role = sight.members.find(({ node }) => node === action.node)?.role;
  return { role: role === 'learner' ? 'learner' : 'voter' };
}

/** A snapshot under way; without one what is known already. */
function bytesCopied({ action, bytes, bytesDone }: JobStep, sightings: Sightings): number {
  if (action.kind !== 'move' && action.kind !== 'add-replica') return bytesDone;
  const sight = sightings.get(action.shard);
  if (sight === undefined || typeof sight === 'string') return bytesDone;
  const node = action.kind === 'move' ? action.to : action.node;
  const copy = sight.copies.find(({ to }) => to === node);
  return copy === undefined ? bytesDone : Math.min(bytes, copy.done);
}
