/**
 * Carries out what the cores say about snapshots: has them made and offers them, fetches them,
 * and puts them into the state machine once the log has their mark. One per node.
 *
 *   leader     snapshotsWanted -> make, or what is there already -> snapshot-made
 *   follower   fetch -> pieces, file complete -> snapshot-received
 *              append.snapshot durable -> install -> snapshot-installed
 */
import type { Clock } from '../clock.js';
import type {
  Effects,
  EntryId,
  GroupId,
  Index,
  Input,
  SnapshotDescription,
} from '../core/types.js';
import type { Group } from '../group.js';
import type { StateMachine } from '../state-machine.js';
import type { IncomingRequest, Transport } from '../transport/types.js';
import { checkSnapshotLimits, type SnapshotLimits } from './limits.js';
import { SnapshotError } from './snapshot-error.js';
import { SnapshotReceiver } from './snapshot-receiver.js';
import { type SnapshotLogger, SnapshotSender } from './snapshot-sender.js';
import type { SnapshotStatistics, SnapshotTransfer } from './statistics.js';
import type { SnapshotFile } from './types.js';

export interface SnapshotExchangeOptions {
  readonly stateMachine: StateMachine;
  readonly transport: Pick<Transport, 'request'>;
  readonly clock: Clock;
  readonly limits: SnapshotLimits;
  readonly logger: SnapshotLogger;
  readonly group: (id: GroupId) => Group | undefined;
  /** Steps the group with it soon. */
  readonly give: (group: Group, input: Input) => void;
  /** The disk failed: the node stops. */
  readonly fail: (error: Error) => void;
}

export class SnapshotExchange {
  readonly #options: SnapshotExchangeOptions;
  readonly #sender: SnapshotSender;
  readonly #receiver: SnapshotReceiver;
  readonly #fetching = new Map<GroupId, SnapshotDescription>();
  /** Files that the core was told of and has not put into the log. */
  readonly #received = new Map<GroupId, EntryId>();
  readonly #installing = new Map<GroupId, EntryId>();
  #installed = 0;
  #failed = 0;
  #stopped = false;

  constructor(options: SnapshotExchangeOptions) {
    const { clock, limits, logger, transport } = options;
    const files = options.stateMachine.snapshots;
    checkSnapshotLimits(limits);
    this.#options = options;
    const common = { files, clock, limits, logger };
    this.#sender = new SnapshotSender({
      ...common,
      answer: (group, to, file) => this.#made(group, to, file),
    });
    this.#receiver = new SnapshotReceiver({
      ...common,
      transport,
      received: (group, id) => this.#fetched(group, id, true),
      failed: (group, id) => this.#fetched(group, id, false),
    });
  }

  /** After each turn of a group. */
  take(group: Group, effects: Effects | undefined): void {
    const applied = this.#options.stateMachine.applied(group.id);
    for (const { to, atLeast } of effects?.snapshotsWanted ?? []) {
      this.#sender.want(group.id, to, { atLeast, applied });
    }
    const fetch = effects?.fetch;
    const from = fetch === undefined ? undefined : group.nodeOf(fetch.from);
    if (fetch !== undefined && from !== undefined) {
      this.#fetching.set(group.id, fetch.snapshot);
      this.#receiver.fetch(group.id, from, fetch.snapshot);
    }
    const mark = effects?.append?.snapshot;
    if (isSame(this.#received.get(group.id), mark)) this.#received.delete(group.id);
    this.#letGo(group);
  }

  /** What the core does not want any longer. */
  #letGo(group: Group): void {
    const fetching = this.#fetching.get(group.id);
    if (fetching !== undefined && !isSame(fetching, group.raft.status.fetching)) {
      this.#fetching.delete(group.id);
      this.#receiver.cancel(group.id);
    }
    const received = this.#received.get(group.id);
    if (received === undefined || group.inboxLength > 0) return;
    this.#received.delete(group.id);
    void this.#discard(group.id, received);
  }

  async #discard(group: GroupId, id: EntryId): Promise<void> {
    const { stateMachine, logger } = this.#options;
    try {
      await stateMachine.snapshots.discard(group, id);
    } catch (error) {
      logger.warn({ group, err: error }, 'a snapshot could not be discarded');
    }
  }

  #made(id: GroupId, to: number, file: SnapshotFile | undefined): void {
    const group = this.#options.group(id);
    if (group === undefined || this.#stopped) return;
    const snapshot =
      file === undefined
        ? undefined
        : { ...file, configuration: group.raft.configurationAt(file.index) };
    this.#options.give(group, { kind: 'snapshot-made', to, snapshot });
  }

  #fetched(id: GroupId, snapshot: EntryId, complete: boolean): void {
    const group = this.#options.group(id);
    const described = this.#fetching.get(id);
    if (group === undefined || described === undefined || this.#stopped) return;
    if (!complete) {
      this.#fetching.delete(id);
      this.#options.give(group, { kind: 'snapshot-failed', snapshot });
      return;
    }
    this.#received.set(id, snapshot);
    this.#options.give(group, { kind: 'snapshot-received', snapshot: described });
    this.#fetching.delete(id);
  }

  /** The log has the snapshot's mark, durably; its file takes the place of the state. */
  install(group: Group, { index, term }: EntryId): void {
    const { logger } = this.#options;
    const id = { index, term };
    this.#installing.set(group.id, id);
    logger.info({ group: group.id, index, term }, 'installing a snapshot');
    void this.#install(group, id);
  }

  async #install(group: Group, id: EntryId): Promise<void> {
    const { stateMachine, logger, give, fail } = this.#options;
    let failure: unknown;
    try {
      await stateMachine.snapshots.install(group.id, id);
    } catch (error) {
      failure = error;
    }
    if (this.#stopped || this.#options.group(group.id) !== group) return;
    // A later one may have taken its place.
    if (this.#installing.get(group.id) === id) this.#installing.delete(group.id);
    if (failure === undefined) {
      this.#installed += 1;
      group.skippedTo(id.index);
      logger.info({ group: group.id, index: id.index }, 'snapshot installed');
      give(group, { kind: 'snapshot-installed', index: id.index });
      return;
    }
    this.#failed += 1;
    // Votes and log stay; only the state is asked for again.
    logger.warn({ group: group.id, err: failure }, 'a snapshot was not installed');
    if (failure instanceof SnapshotError) give(group, { kind: 'state-damaged' });
    else fail(failure instanceof Error ? failure : new Error(String(failure)));
  }

  /** A request for a piece. */
  serve(request: IncomingRequest): Promise<Buffer> {
    return this.#sender.serve(request);
  }

  pinned(group: GroupId): Index | undefined {
    return this.#sender.pinned(group);
  }

  unpin(group: GroupId): void {
    void this.#sender.forget(group);
  }

  /** The replica is gone from this node. */
  forget(group: GroupId): void {
    this.unpin(group);
    this.#receiver.cancel(group);
    this.#fetching.delete(group);
    this.#received.delete(group);
    this.#installing.delete(group);
  }

  get statistics(): SnapshotStatistics {
    const { made, failed, sentBytes } = this.#sender.statistics;
    const { received, receivedBytes } = this.#receiver.statistics;
    return {
      transfers: this.#transfers(),
      made,
      received,
      installed: this.#installed,
      failed: failed + this.#receiver.statistics.failed + this.#failed,
      sentBytes,
      receivedBytes,
    };
  }

  #transfers(): SnapshotTransfer[] {
    const installing = [...this.#installing].map(([group, { index, term }]): SnapshotTransfer => {
      const unknown = { peer: undefined, bytesDone: 0, bytesTotal: 0 };
      return { group, state: 'installing', index, term, ...unknown };
    });
    const transfers = [...this.#sender.transfers(), ...this.#receiver.transfers(), ...installing];
    return transfers.sort((a, b) => a.group - b.group || (a.state < b.state ? -1 : 1));
  }

  stop(): void {
    this.#stopped = true;
    this.#sender.stop();
    this.#receiver.stop();
  }
}

function isSame(a: EntryId | undefined, b: EntryId | undefined): boolean {
  return a !== undefined && a.index === b?.index && a.term === b.term;
}
