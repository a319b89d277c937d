/**
 * The meta group as a node uses it: the cluster as it knows it, a way to change it, and word of
 * every change.
 *
 * A change is decided by a pure function of a view and proposed with the revisions of all documents
 * that it rests on. When one of them has changed meanwhile nothing happens, and the function
 * decides again on a newer view. So nobody needs a lock, and whoever decides need not lead.
 */
import type { Clock } from '../../raft/clock.js';
import type { NodeId } from '../../raft/core/types.js';
import type { Host } from '../../raft/host.js';
import { type IncomingRequest, RequestError, type Transport } from '../../raft/transport/types.js';
import { KvError } from '../errors.js';
import { deadline } from '../shard/deadline.js';
import { encodeCommand } from '../store/command.js';
import type { DocumentsContent } from '../store/document-command.js';
import { metaGroup } from '../store/document-place.js';
import type { DocumentsResult, Revision, Store, StoredDocument } from '../store/types.js';
import { ClusterDocumentError, ClusterView } from './cluster-view.js';
import {
  type ChangeOutcome,
  decodeChangeAnswer,
  decodeChangeRequest,
  encodeChangeAnswer,
  encodeChangeRequest,
} from './document-change-codec.js';

export interface MetaGroupLogger {
  error(fields: object, message: string): void;
}

export interface MetaGroupOptions {
  readonly node: NodeId;
  readonly host: Pick<Host, 'group' | 'propose' | 'read' | 'campaign'>;
  readonly store: Pick<Store, 'documents' | 'shard'>;
  readonly transport: Pick<Transport, 'request'>;
  readonly clock: Clock;
  readonly logger: MetaGroupLogger;
}

/**
 * Must be idempotent: on a view in which its change is already made it returns undefined, for after
 * a lost answer it is asked again. May throw a KvError to refuse.
 */
export type Decide = (view: ClusterView) => DocumentsContent | undefined;

/** Pause before the leader is looked for again, or a change is decided again. */
const pauseMs = 50;
/** An answer comes within a round trip and a sync, or not at all. */
const answerMs = 2_000;
const retryAfterMs = 300;

export class MetaGroup {
  readonly #options: MetaGroupOptions;
  readonly #listeners = new Set<(view: ClusterView) => void>();
  #view: ClusterView | undefined;
  readonly #waiting = new Set<() => void>();
  #announced = false;
  #stopped = false;

  constructor(options: MetaGroupOptions) {
    this.#options = options;
    options.store.documents.onChange = (names) => this.#changed(names);
  }

  /** Once state and host have begun. A new group's first voter campaigns at once. */
  open({ campaign }: { campaign: boolean }): void {
    const { host, node } = this.#options;
    this.#changed(undefined);
    const [first] = host.group(metaGroup)?.raft.membership.configuration.voters ?? [];
    if (campaign && first?.node === node) host.campaign(metaGroup);
  }

  /** Whoever waits for a change is told at once. */
  stop(): void {
    this.#stopped = true;
    for (const wake of [...this.#waiting]) wake();
  }

  /** Undefined while this node has no whole state of the meta group. */
  get view(): ClusterView | undefined {
    return this.#view;
  }

  get leader(): NodeId | undefined {
    const group = this.#options.host.group(metaGroup);
    return group?.nodeOf(group.raft.leader);
  }

  get leads(): boolean {
    return this.#options.host.group(metaGroup)?.raft.role === 'leader';
  }

  /** Told of new views, the newest of an event-loop pass. The returned function ends it. */
  onChange(listener: (view: ClusterView) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A view that holds everything that was changed before this was called. */
  async current(timeoutMs: number): Promise<ClusterView> {
    const { host, clock } = this.#options;
    const read = host.read(metaGroup, timeoutMs);
    const outcome = await deadline(clock, timeoutMs, read, () => notGranted);
    if (outcome.status !== 'granted' || this.#view === undefined) throw noMetaLeader();
    return this.#view;
  }

  /**
   * Makes a change that `decide` wants on the cluster as it is now, and again on a newer view for
   * as long as others get in between. Resolves with a view that holds it. Rejects with what
   * `decide` threw, `no_leader` when nothing was changed, or `outcome_unknown`.
   */
  async transact(decide: Decide, timeoutMs: number): Promise<ClusterView> {
    const { clock } = this.#options;
    const endMs = clock.monotonicMs() + timeoutMs;
    const leftMs = () => endMs - clock.monotonicMs();
    let unknown = false;
    while (leftMs() > 0 && !this.#stopped) {
      // Not merely the view that is here: "nothing to do" must be true now, and after a lost answer
      // only a view as new as that says what became of the change.
      const view = await this.#currentWithin(leftMs);
      if (view !== undefined) {
        const change = decide(view);
        if (change === undefined) return view;
        const outcome = await this.#propose(change, leftMs());
        if (outcome.kind === 'changed') return this.#reached(outcome.revision, leftMs);
        if (outcome.kind === 'conflict') await this.#reached(outcome.revision, leftMs);
        unknown ||= outcome.kind === 'unknown';
        if (outcome.kind === 'conflict') continue;
      }
      await this.#wait(Math.min(pauseMs, leftMs()));
    }
    if (unknown) throw new KvError('outcome_unknown', { shard: metaGroup });
    throw this.#stopped ? new KvError('stopping', { shard: metaGroup }) : noMetaLeader();
  }

  /** A request of another node; its first byte is `documentChangeRequestType`. */
  async serve({ body, timeoutMs }: IncomingRequest): Promise<Buffer> {
    const change = decodeChangeRequest(body);
    if (change === undefined) return encodeChangeAnswer({ kind: 'not-leader', leader: undefined });
    return encodeChangeAnswer(await this.#proposeHere(change, timeoutMs));
  }

  async #currentWithin(leftMs: () => number): Promise<ClusterView | undefined> {
    try {
      return await this.current(Math.min(answerMs, leftMs()));
    } catch (error) {
      if (error instanceof KvError && error.code === 'no_leader') return undefined;
      throw error;
    }
  }

  async #propose(change: DocumentsContent, timeoutMs: number): Promise<ChangeOutcome> {
    const { node, transport } = this.#options;
    const waitMs = Math.max(1, Math.min(answerMs, timeoutMs));
    const { leader } = this;
    if (leader === undefined) return { kind: 'not-leader', leader };
    if (leader === node) return this.#proposeHere(change, waitMs);
    try {
      const body = encodeChangeRequest(change);
      return decodeChangeAnswer(await transport.request(leader, body, { timeoutMs: waitMs }));
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (error.failure === 'unknown') return { kind: 'unknown' };
      return { kind: 'not-leader', leader: undefined };
    }
  }

  async #proposeHere(change: DocumentsContent, timeoutMs: number): Promise<ChangeOutcome> {
    const { host, store, clock } = this.#options;
    const state = store.shard(metaGroup);
    if (!this.leads || state === undefined) return { kind: 'not-leader', leader: this.leader };
    const timeMs = Math.max(0, Math.floor(clock.wallMs()));
    const header = { type: 'documents', rangeEpoch: state.epoch.range, timeMs } as const;
    const proposed = host.propose(metaGroup, encodeCommand({ ...header, ...change }));
    const outcome = await deadline(clock, timeoutMs, proposed, () => unknownOutcome);
    if (outcome.status === 'unknown') return { kind: 'unknown' };
    if (outcome.status === 'not-applied') {
      const { reason } = outcome;
      return reason === 'overloaded'
        ? { kind: 'overloaded' }
        : { kind: 'not-leader', leader: this.leader };
    }
    const result = outcome.result as DocumentsResult;
    if (result.outcome === 'wrong-epoch') return { kind: 'not-leader', leader: this.leader };
    return { kind: result.outcome, revision: result.shardRevision };
  }

  /** Resolves when this node has applied so far. */
  async #reached(revision: Revision, leftMs: () => number): Promise<ClusterView> {
    for (;;) {
      if (this.#view !== undefined && this.#view.revision >= revision) return this.#view;
      if (leftMs() <= 0 || this.#stopped) {
        throw new KvError('outcome_unknown', { shard: metaGroup }, notSeen);
      }
      await this.#wait(leftMs());
    }
  }

  /** Until the next change, or so long. */
  #wait(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        cancel();
        this.#waiting.delete(wake);
        resolve();
      };
      const cancel = this.#options.clock.after(Math.max(0, Math.ceil(timeoutMs)), wake);
      this.#waiting.add(wake);
    });
  }

  #changed(names: readonly string[] | undefined): void {
    const { store, logger } = this.#options;
    const state = store.shard(metaGroup);
    if (state === undefined) return;
    try {
      const before = this.#view;
      this.#view =
        names === undefined || before === undefined
          ? ClusterView.of(store.documents.all(), state.revision)
          : before.with(this.#read(names), state.revision);
    } catch (error) {
      if (!(error instanceof ClusterDocumentError)) throw error;
      // The view before stays: what it says was true, and routing repairs itself.
      logger.error({ err: error }, 'the state of the cluster cannot be read by this version');
      return;
    }
    this.#announce();
  }

  /** Not within the transaction that changed it: listeners may propose, and may throw. */
  #announce(): void {
    if (this.#announced) return;
    this.#announced = true;
    this.#options.clock.soon(() => {
      this.#announced = false;
      for (const wake of [...this.#waiting]) wake();
      const view = this.#view;
      if (view !== undefined) for (const listener of [...this.#listeners]) listener(view);
    });
  }

  #read(names: readonly string[]): Map<string, StoredDocument | undefined> {
    return new Map(names.map((name) => [name, this.#options.store.documents.get(name)]));
  }
}

const unknownOutcome = { status: 'unknown' } as const;
const notGranted = { status: 'dropped', reason: 'late' } as const;
const notSeen = 'The change was made, but this node has not heard of it in time.';

function noMetaLeader(): KvError {
  const detail = 'The meta group has no leader that a majority follows; nothing was changed.';
  return new KvError('no_leader', { shard: metaGroup, retryAfterMs }, detail);
}
