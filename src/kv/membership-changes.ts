/**
 * Carries out what operators ask for on the node that leads the shard, step by step, one change
 * per shard. Whoever asked waits only as long as the request may take; the change goes on without
 * it, as long as this node leads. Nothing of it outlives the leadership: the configuration in the
 * log says how far it is, and the same request at the next leader goes on from there.
 */
import type { Clock } from '../raft/clock.js';
import type { GroupId, MembershipRefusal, MembershipStep, NodeId } from '../raft/core/types.js';
import { KvError, type KvErrorCode } from './errors.js';
import { type MembershipPlan, planMembership } from './membership-plan.js';
import type { MembershipAnswer, MembershipRequest, ShardMember, ShardStatus } from './service.js';

/** What became of a step: in force here, refused by the core, or in the hands of others. */
export type StepOutcome =
  | { readonly status: 'applied' }
  | { readonly status: 'refused'; readonly reason: MembershipRefusal; readonly detail: string }
  | { readonly status: 'lost' };

export interface MembershipChangesOptions {
  readonly node: NodeId;
  readonly shard: (shard: GroupId) => ShardStatus | undefined;
  readonly connected: (node: NodeId) => boolean;
  /** Proposes the steps as one change of the configuration in force now. */
  readonly propose: (shard: GroupId, steps: readonly MembershipStep[]) => Promise<StepOutcome>;
  readonly clock: Clock;
  readonly logger: { info(fields: object, message: string): void };
}

/** How often a change that waits looks again. */
const periodMs = 50;

export class MembershipChanges {
  readonly statistics = { done: 0, refused: 0, left: 0 };
  readonly #options: MembershipChangesOptions;
  readonly #changes = new Map<GroupId, Change>();
  #cancelPeriod: (() => void) | undefined;

  constructor(options: MembershipChangesOptions) {
    this.#options = options;
  }

  get underWay(): number {
    return this.#changes.size;
  }

  isUnderWay(shard: GroupId): boolean {
    return this.#changes.has(shard);
  }

  /** Rejects with KvError; `not_leader` when somebody else must be asked. */
  async run(
    shard: GroupId,
    request: MembershipRequest,
    timeoutMs: number,
  ): Promise<MembershipAnswer> {
    const status = this.#led(shard);
    const current = this.#changes.get(shard);
    const joins = current !== undefined && sameGoal(current.request, request);
    if (!joins) checkEpoch(status, request);
    if (request.dryRun) return this.#whatWouldHappen(status, request);
    if (joins) return current.wait(timeoutMs);
    if (current !== undefined) {
      if (!bringsIn(current.request, request.node)) throw current.inTheWay();
      current.giveUp(`node ${request.node} is the subject of a newer request`);
    }
    const change = new Change(this.#options, { shard, request, ended: () => this.#ended(change) });
    this.#changes.set(shard, change);
    this.#cancelPeriod ??= this.#options.clock.every(periodMs, () => this.#look());
    const answer = change.wait(timeoutMs);
    change.look();
    return answer;
  }

  #led(shard: GroupId): ShardStatus {
    const status = this.#options.shard(shard);
    if (status === undefined) throw new KvError('shard_not_found', { shard });
    if (status.replica?.role === 'leader') return status;
    throw notLeader(status, this.#options.node);
  }

  #whatWouldHappen(status: ShardStatus, request: MembershipRequest): MembershipAnswer {
    const plan = planMembership(request, viewOf(status, this.#options));
    if (plan.verdict.kind === 'refused') throw plan.verdict.error;
    const state = plan.verdict.kind === 'done' ? 'done' : 'planned';
    const { detail } = plan.verdict;
    return answerOf(status, plan, { node: this.#options.node, state, changed: false, detail });
  }

  #look(): void {
    for (const change of [...this.#changes.values()]) change.look();
  }

  #ended(change: Change): void {
    const { shard, result } = change;
    if (this.#changes.get(shard) === change) this.#changes.delete(shard);
    if (result !== undefined) this.statistics[result] += 1;
    if (this.#changes.size === 0) this.#stopLooking();
  }

  /** The node stops; who waits asks the next leader. */
  stop(): void {
    for (const change of [...this.#changes.values()]) change.leave();
    this.#stopLooking();
  }

  #stopLooking(): void {
    this.#cancelPeriod?.();
    this.#cancelPeriod = undefined;
  }
}

interface Waiting {
  answer(answer: MembershipAnswer): void;
  refuse(error: KvError): void;
}

class Change {
  readonly shard: GroupId;
  readonly request: MembershipRequest;
  result: 'done' | 'refused' | 'left' | undefined;
  readonly #options: MembershipChangesOptions;
  readonly #ended: () => void;
  readonly #waiting = new Set<Waiting>();
  /** A step of it is in force or may be. */
  #begun = false;
  #proposing = false;
  #detail = '';

  constructor(
    options: MembershipChangesOptions,
    change: { shard: GroupId; request: MembershipRequest; ended: () => void },
  ) {
    this.shard = change.shard;
    this.request = change.request;
    this.#options = options;
    this.#ended = change.ended;
  }

  /** How it ended, or how far it is when the time is over. */
  wait(timeoutMs: number): Promise<MembershipAnswer> {
    return new Promise((resolve, reject) => {
      const waiting = {
        answer: (answer: MembershipAnswer) => {
          cancel();
          this.#waiting.delete(waiting);
          resolve(answer);
        },
        refuse: (error: KvError) => {
          cancel();
          this.#waiting.delete(waiting);
          reject(error);
        },
      };
      const late = () => this.#tellProgress(waiting);
      const cancel = this.#options.clock.after(Math.max(0, Math.ceil(timeoutMs)), late);
      this.#waiting.add(waiting);
    });
  }

  inTheWay(): KvError {
    const { shard } = this;
    const detail = `${inWords(this.request)} is under way. ${this.#detail}`.trimEnd();
    return new KvError('change_in_progress', { shard, retryAfterMs: 1_000 }, detail);
  }

  giveUp(why: string): void {
    const detail = `${inWords(this.request)} was given up: ${why}.`;
    this.#refuse(new KvError('change_in_progress', { shard: this.shard }, detail));
  }

  /** Looks how far the members are, and does what comes next. */
  look(): void {
    if (this.result !== undefined) return;
    const status = this.#options.shard(this.shard);
    // Also while a proposal is open: without a majority it stays so, and does not "go on".
    if (status?.replica?.role !== 'leader') return this.#leadershipLost(status);
    if (this.#proposing) return;
    const plan = this.#plan(status);
    const { verdict } = plan;
    if (verdict.kind === 'done') return this.#finish(status, plan, verdict.detail);
    if (verdict.kind === 'change') {
      this.#propose(verdict.steps);
      return;
    }
    if (verdict.kind === 'wait') this.#detail = verdict.detail;
    // Once begun it is worth waiting for whoever has gone away meanwhile.
    else if (this.#begun && verdict.error.retryable) this.#detail = verdict.error.message;
    else this.#refuse(verdict.error);
  }

  #plan(status: ShardStatus): MembershipPlan {
    return planMembership(this.request, viewOf(status, this.#options));
  }

  #propose(steps: readonly MembershipStep[]): void {
    this.#proposing = true;
    void this.#options.propose(this.shard, steps).then((outcome) => {
      this.#proposing = false;
      if (this.result !== undefined) return;
      if (outcome.status === 'refused') this.#refusedByCore(outcome);
      else this.#begun = true;
      if (outcome.status === 'applied') this.look();
    });
  }

  /** What passes by itself is waited for; the rest is for whoever asked. */
  #refusedByCore({ reason, detail }: Extract<StepOutcome, { status: 'refused' }>): void {
    this.#detail = detail;
    const code = refusalCodes[reason];
    if (code === undefined) return;
    const error = new KvError(code, { shard: this.shard }, detail);
    if (!this.#begun || !error.retryable) this.#refuse(error);
  }

  #leadershipLost(status: ShardStatus | undefined): void {
    const { request } = this;
    const { node } = this.#options;
    const leaves = (request.action === 'remove' || request.action === 'replace') && request.node;
    if (this.#begun && leaves === node && status !== undefined && status.replica === undefined) {
      const members = status.members.filter((member) => member.node !== node);
      const plan = planMembership(request, { ...viewOf(status, this.#options), members });
      return this.#finish({ ...status, members }, plan, `Node ${node} is no member.`);
    }
    this.leave(status?.leader);
  }

  /** This node does not carry it on. */
  leave(leader?: NodeId): void {
    const { request, shard } = this;
    const { node } = this.#options;
    this.#end('left');
    const error =
      this.#begun && request.expectedEpoch !== undefined
        ? new KvError('outcome_unknown', { shard }, lostInWords(node))
        : notLeader({ shard, leader }, node);
    for (const waiting of [...this.#waiting]) waiting.refuse(error);
  }

  #tellProgress(waiting: Waiting): void {
    const { node, shard } = this.#options;
    const status = shard(this.shard);
    if (status === undefined) {
      waiting.refuse(new KvError('shard_not_found', { shard: this.shard }));
      return;
    }
    const facts = { node, state: 'running', changed: this.#begun, detail: this.#detail } as const;
    waiting.answer(answerOf(status, this.#plan(status), facts));
  }

  #finish(status: ShardStatus, plan: MembershipPlan, detail: string): void {
    const { node } = this.#options;
    this.#detail = detail;
    this.#end('done');
    const facts = { node, state: 'done', changed: this.#begun, detail } as const;
    const answer = answerOf(status, plan, facts);
    for (const waiting of [...this.#waiting]) waiting.answer(answer);
  }

  #refuse(error: KvError): void {
    this.#detail = error.message;
    this.#end('refused');
    for (const waiting of [...this.#waiting]) waiting.refuse(error);
  }

  #end(result: 'done' | 'refused' | 'left'): void {
    this.result = result;
    const { shard, request } = this;
    if (this.#begun || result !== 'done') {
      const fields = { shard, change: inWords(request), result, detail: this.#detail };
      this.#options.logger.info(fields, 'membership change ended');
    }
    this.#ended();
  }
}

/** Without a code: it passes by itself, or the plan was made from what no longer stands. */
const refusalCodes: Readonly<Partial<Record<MembershipRefusal, KvErrorCode>>> = {
  'last-voter': 'last_voter',
  'quorum-lost': 'quorum_at_risk',
};

function viewOf(status: ShardStatus, options: MembershipChangesOptions) {
  const { shard, members, changing } = status;
  const { node: self, connected } = options;
  return { shard, self, members, changing, connected };
}

function answerOf(
  status: ShardStatus,
  plan: MembershipPlan,
  facts: Pick<MembershipAnswer, 'node' | 'state' | 'changed' | 'detail'>,
): MembershipAnswer {
  const members: readonly ShardMember[] = status.members;
  return {
    shard: status.shard,
    ...facts,
    steps: plan.steps,
    epoch: status.epoch.members,
    members,
  };
}

function checkEpoch({ shard, epoch }: ShardStatus, { expectedEpoch }: MembershipRequest): void {
  if (expectedEpoch === undefined || expectedEpoch === epoch.members) return;
  const detail = `The membership epoch of the shard is ${epoch.members}, not ${expectedEpoch}.`;
  throw new KvError('epoch_mismatch', { shard, currentEpoch: epoch.members }, detail);
}

function sameGoal(one: MembershipRequest, other: MembershipRequest): boolean {
  if (one.action !== other.action || one.node !== other.node) return false;
  if (one.action === 'add' && other.action === 'add') return one.learner === other.learner;
  return !(one.action === 'replace' && other.action === 'replace') || one.by === other.by;
}

/** The newest word about a node that is being brought in counts: that is how it is called off. */
function bringsIn(request: MembershipRequest, node: NodeId): boolean {
  if (request.action === 'replace') return request.by === node;
  return (request.action === 'add' || request.action === 'promote') && request.node === node;
}

export function inWords(request: MembershipRequest): string {
  const { action, node } = request;
  if (action === 'replace') return `Replacing node ${node} by node ${request.by}`;
  if (action === 'add') return `Adding node ${node}${request.learner ? ' as a learner' : ''}`;
  const verbs = { promote: 'Promoting', demote: 'Demoting', remove: 'Removing' } as const;
  return `${verbs[action]} node ${node}`;
}

function lostInWords(node: NodeId): string {
  return (
    `Node ${node} began the change and then lost the leadership. ` +
    'Look at the members, and repeat the request with their epoch.'
  );
}

export function notLeader(status: Pick<ShardStatus, 'shard' | 'leader'>, node: NodeId): KvError {
  const { shard, leader } = status;
  const known = leader === undefined || leader === node ? {} : { leader };
  return new KvError('not_leader', { shard, ...known });
}
