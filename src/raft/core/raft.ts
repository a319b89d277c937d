/**
 * One replica of one Raft group: a state machine without I/O, clock, randomness or promises.
 *
 * `step` takes what happened, any number of times; `drain` gives what to do about it, once a
 * turn. `Standing` settles the term first, then the message goes to whoever the replica is at
 * that moment. The order of effects is decided here and not by the host: what must wait for the
 * disk rides inside `append.then`.
 *
 * Section numbers are those of the extended Raft paper; check-quorum, read index and pre-vote are
 * sections 6.2, 6.4 and 9.6 of the dissertation.
 */
import { EffectsCollector } from './effects.js';
import { Follower } from './follower.js';
import { ImpossibleInput } from './impossible-input.js';
import type { Leadership } from './leadership.js';
import { RaftLog } from './log.js';
import { Membership } from './membership.js';
import { checkOptions, type RaftOptions, type RaftStatus } from './options.js';
import { Outbox } from './outbox.js';
import { Oversight } from './oversight.js';
import { Persistence } from './persistence.js';
import { leavesQuiet, Quiescence } from './quiescence.js';
import { ForwardedReads } from './reads.js';
import { Removal } from './removal.js';
import { Requests } from './requests.js';
import { SnapshotReceiving } from './snapshot-receiving.js';
import { Standing } from './standing.js';
import type {
  Configuration,
  Effects,
  Index,
  Input,
  Message,
  ReplicaId,
  Role,
  SnapshotDescription,
  Term,
} from './types.js';
import { UnappliedBudget } from './unapplied-budget.js';

export class Raft {
  readonly #self: ReplicaId;
  readonly #membership: Membership;
  readonly #log: RaftLog;
  readonly #standing: Standing;
  readonly #outbox = new Outbox();
  readonly #effects = new EffectsCollector();
  readonly #requests: Requests;
  readonly #removal: Removal;
  readonly #persistence: Persistence;
  readonly #unapplied: UnappliedBudget;
  readonly #snapshots: SnapshotReceiving;
  readonly #quiescence: Quiescence;
  readonly #oversight: Oversight;
  readonly #follower: Follower;
  #tick = 0;

  constructor(options: RaftOptions) {
    checkOptions(options.timing, options.limits);
    const { hardState } = options;
    this.#self = options.self;
    this.#log = openLog(options);
    this.#membership = new Membership(this.#log.configurationInForce);
    this.#snapshots = new SnapshotReceiving(this.#log, () => this.#membership.uninitialised);
    this.#quiescence = new Quiescence(options.timing.quietAfterTicks);
    this.#persistence = new Persistence(this.#log, hardState, options.timing.electionTicksMax);
    this.#standing = new Standing(
      {
        self: options.self,
        membership: this.#membership,
        log: this.#log,
        outbox: this.#outbox,
        persistence: this.#persistence,
        timing: options.timing,
        limits: options.limits,
        random: options.random,
        stateIsWhole: () => this.#snapshots.stateIsWhole,
        leaderChanging: () => this.#requests.dropReads('leader-changed'),
      },
      hardState,
    );
    this.#follower = new Follower({
      self: options.self,
      log: this.#log,
      standing: this.#standing,
      outbox: this.#outbox,
      snapshots: this.#snapshots,
      quiescence: this.#quiescence,
    });
    this.#unapplied = new UnappliedBudget(options.limits.unappliedBytesMax);
    this.#removal = new Removal({
      self: options.self,
      membership: this.#membership,
      standing: this.#standing,
      outbox: this.#outbox,
    });
    this.#requests = new Requests({
      self: options.self,
      standing: this.#standing,
      // Far apart from what an earlier process of this replica asked with, in safe integers.
      forwardedReads: new ForwardedReads(Math.floor(options.random() * 2 ** 48)),
      outbox: this.#outbox,
      effects: this.#effects,
      timing: options.timing,
      limits: options.limits,
      installing: () => this.installing,
    });
    this.#oversight = new Oversight({
      standing: this.#standing,
      log: this.#log,
      snapshots: this.#snapshots,
      quiescence: this.#quiescence,
      effects: this.#effects,
      timing: options.timing,
    });
  }

  get status(): RaftStatus {
    const log = this.#log;
    const standing = this.#standing;
    return {
      self: this.#self,
      role: standing.role,
      term: standing.term,
      vote: standing.vote,
      leader: standing.leader,
      firstIndex: log.firstIndex,
      lastIndex: log.lastIndex,
      durable: log.durableIndex,
      commit: log.commit,
      applied: log.applied,
      configuration: this.#membership.configuration,
      pendingChange:
        this.#membership.joint ||
        log.configurations.someIn({ after: log.applied, last: log.lastIndex }),
      isVoter: this.#membership.isVoter(this.#self),
      removed: this.#removal.done,
      uninitialised: this.#membership.uninitialised,
      installing: this.installing,
      fetching: this.#snapshots.fetching,
      wantsSnapshot: this.#snapshots.wanted,
      quiet: this.quiet,
      transferring: this.leadership?.transferring ?? false,
      handingOver: this.leadership?.handingOver,
    };
  }

  get role(): Role {
    return this.#standing.role;
  }

  /** The leader of the current term as far as known, or NOBODY. */
  get leader(): ReplicaId {
    return this.#standing.leader;
  }

  /** True while this replica serves nothing, for its state is replaced or must be. */
  get installing(): boolean {
    return !this.#snapshots.stateIsWhole;
  }

  /** True while nothing happens in the group: the host does not tick it. */
  get quiet(): boolean {
    return this.#quiescence.quiet;
  }

  /** Not a member any longer, for ever: the host destroys this replica. */
  get removed(): boolean {
    return this.#removal.done;
  }

  get membership(): Membership {
    return this.#membership;
  }

  /** The leader's view of its followers, for status pages; empty while not leading. */
  get leadership(): Leadership | undefined {
    return this.#standing.leadership;
  }

  /** The configuration as of a kept entry or of the mark, for whoever compacts up to it. */
  configurationAt(index: Index): Configuration {
    return this.#log.configurations.at(index);
  }

  /** The term of a kept entry; undefined when compacted or beyond the end. */
  termAt(index: Index): Term | undefined {
    return this.#log.term(index);
  }

  step(input: Input): void {
    if (input.kind !== 'message' && !this.#wakes(input)) return;
    switch (input.kind) {
      case 'tick':
        return this.#onTick();
      case 'message':
        return this.#onMessage(input.message);
      case 'propose':
        this.#quiescence.busy();
        return this.#requests.propose(input.proposals);
      case 'read':
        return this.#requests.read(input.id);
      case 'campaign':
        return this.#removal.done ? undefined : this.#standing.campaign();
      case 'transfer':
        return this.leadership?.startTransfer(input.to);
      case 'appended':
        return this.#onAppended(input.token);
      case 'applied':
        return this.#onApplied(input.index);
      case 'compacted':
        return this.#log.compactTo(input.index);
      case 'unreachable':
        return this.leadership?.unreachable(input.replica);
      case 'change-membership':
        this.#quiescence.busy();
        return this.#requests.changeMembership(input);
      case 'snapshot-made':
        return this.leadership?.snapshotMade(input.to, input.snapshot);
      case 'snapshot-received':
        return this.#onSnapshotReceived(input.snapshot);
      case 'snapshot-failed':
        return this.#follower.snapshotFailed(input.snapshot);
      case 'snapshot-installed':
        return this.#onSnapshotInstalled(input.index);
      case 'state-damaged':
        return this.#onStateDamaged();
      case 'wake':
        return;
    }
  }

  #onTick(): void {
    this.#tick += 1;
    if (this.#removal.done || this.#oversight.goesQuiet()) return;
    this.#standing.tick(this.#tick, { silent: this.#persistence.silent(this.#tick) });
    this.#oversight.tick(this.#tick);
  }

  // Quiet ---------------------------------------------------------------------------------

  /** False: the group sleeps, and this is nothing to it. */
  #wakes(input: Input): boolean {
    if (!this.quiet) return true;
    if (!leavesQuiet(input, this.#standing)) return input.kind !== 'tick';
    this.#quiescence.wake();
    if (this.leadership !== undefined) {
      this.leadership.wake();
      return true;
    }
    this.#standing.woken();
    const byLeader = input.kind === 'message' && input.message.from === this.leader;
    if (!byLeader) this.#follower.pokeLeader();
    return true;
  }

  // Messages ------------------------------------------------------------------------------

  #onMessage(message: Message): void {
    // For another incarnation of this replica (G2).
    if (message.to !== this.#self || this.#removal.settles(message)) return;
    this.#wakes({ kind: 'message', message });
    if (!this.#standing.settleTerm(message)) return;
    switch (message.type) {
      case 'append':
        return this.#follower.append(message);
      case 'heartbeat':
        return this.#follower.heartbeat(message, this.#requests.waiting);
      case 'snapshot':
        return this.#follower.snapshotOffered(message);
      case 'pre-vote':
      case 'vote':
        return this.#standing.voteRequested(message);
      case 'pre-vote-response':
      case 'vote-response':
        return this.#standing.voteAnswered(message);
      case 'append-response':
        this.leadership?.appendAnswered(message);
        this.leadership?.advanceCommit();
        return;
      case 'heartbeat-response':
        return this.leadership?.heartbeatAnswered(message);
      case 'read-index':
        return this.#requests.readAsked(message);
      case 'read-index-response':
        return this.#requests.readsAnswered(message);
      case 'timeout-now':
        return this.#standing.timeoutNow(message);
    }
  }

  // Snapshots -----------------------------------------------------------------------------

  /** The host throws the file away unless this turn's append carries the snapshot's mark. */
  #onSnapshotReceived(snapshot: SnapshotDescription): void {
    // A leader has everything that is committed in its log.
    if (this.leadership !== undefined) return;
    if (!this.#follower.snapshotReceived(snapshot)) return;
    this.#followConfiguration();
    this.#standing.stepDown();
    this.#requests.stateIsGone();
  }

  #onSnapshotInstalled(index: Index): void {
    this.#log.installedTo(index);
    if (!this.#log.installing) this.#unapplied.reset();
  }

  /** From here on the host applies nothing that it was given before. */
  #onStateDamaged(): void {
    this.#snapshots.damaged();
    this.#requests.stateIsGone();
    if (this.leadership === undefined || !this.#oversight.handOver('state-damaged')) {
      this.#standing.stepDown();
      this.#follower.askForSnapshot();
    }
  }

  // Storage -------------------------------------------------------------------------------

  #onAppended(token: number): void {
    if (this.#persistence.finish(token, this.#tick)) this.#standing.selfVoteDurable();
    this.leadership?.advanceCommit();
  }

  #onApplied(index: Index): void {
    this.#log.appliedTo(index);
    this.#unapplied.applied(index);
    this.#followConfiguration();
  }

  /**
   * A configuration is in force as soon as it is applied (R9), by every member at another time.
   * What was applied before a restart is applied again, which changes nothing (C16).
   */
  #followConfiguration(): void {
    const configuration = this.#log.configurationInForce;
    if (configuration === this.#membership.configuration) return;
    this.#membership.replaceBy(configuration);
    this.#effects.configuration(configuration);
    this.leadership?.membershipChanged();
  }

  // Drain ---------------------------------------------------------------------------------

  /** The effects of everything stepped since the last drain; undefined when there are none. */
  drain(): Effects | undefined {
    this.#requests.askForReads(this.#tick);
    this.leadership?.flush();
    this.#requests.grantReads();
    const { role, leader, term, vote } = this.#standing;
    const { send, append } = this.#persistence.take({
      messages: this.#outbox.take(),
      // The commit index is never behind what the message that brought the entries said.
      state: { term, vote, commit: this.#log.commit },
      tick: this.#tick,
      candidate: role === 'candidate',
    });
    const apply = this.#takeCommitted();
    const fetch = this.#snapshots.takeFetch();
    const snapshotsWanted = this.leadership?.takeSnapshotsWanted() ?? [];
    const now = { role, leader, term };
    return this.#effects.take({ send, append, apply, fetch, snapshotsWanted, now });
  }

  #takeCommitted(): Effects['apply'] {
    if (this.#snapshots.wanted) return [];
    if (!this.#log.hasCommitted || this.#unapplied.roomBytes <= 0) return [];
    const entries = this.#log.takeCommitted(this.#unapplied.roomBytes);
    this.#unapplied.handed(entries);
    return entries;
  }
}

function openLog(options: RaftOptions): RaftLog {
  const { hardState, limits } = options;
  const { windowBytesMax } = limits;
  const log = new RaftLog({ ...options, commit: hardState.commit, windowBytesMax });
  if (hardState.term >= log.last.term) return log;
  throw new ImpossibleInput(
    `the log ends in term ${log.last.term}, the term on disk is ${hardState.term}`,
  );
}
