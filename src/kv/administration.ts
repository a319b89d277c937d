/**
 * What a node does for operators, put together from its parts: changes of members and transfers of
 * leaderships, carried out here when this node leads, brought to the leader when it does not.
 */

import {
  type GroupId,
  type MembershipStep,
  NOBODY,
  type NodeId,
  type ReplicaId,
} from '../raft/core/types.js';
import type { Group, MembershipOutcome } from '../raft/group.js';
import type { Host } from '../raft/host.js';
import type { LeaderBalance } from './leader-balance.js';
import { LeaderTransfer } from './leader-transfer.js';
import { type LostReplica, LostReplicas, type Removal } from './lost-replicas.js';
import { MembershipChanges, notLeader, type StepOutcome } from './membership-changes.js';
import { MembershipService } from './membership-service.js';
import type { KvNodeParts } from './node-parts.js';
import type { AdministrationStatistics, ShardStatus } from './service.js';

export interface AdministrationSources {
  readonly host: Pick<Host, 'group' | 'groups' | 'changeMembership' | 'transfer' | 'onMessages'>;
  readonly balance: Pick<LeaderBalance, 'keep'>;
  readonly shard: (shard: GroupId) => ShardStatus | undefined;
  readonly leaderOf: (shard: GroupId) => NodeId | undefined;
}

export class Administration {
  readonly service: MembershipService;
  readonly #changes: MembershipChanges;
  readonly #transfers: LeaderTransfer;
  readonly #lost: LostReplicas;

  constructor(parts: KvNodeParts, sources: AdministrationSources) {
    const { node, configuration, map, transport, clock, logger } = parts;
    const { host, balance, shard, leaderOf } = sources;
    const connected = (other: NodeId) =>
      other === node || transport.peers().some((peer) => peer.node === other && peer.connected);
    const common = { node, shard, connected, clock };
    this.#changes = new MembershipChanges({
      ...common,
      propose: (group, steps) => propose(host, group, steps),
      logger,
    });
    this.#transfers = new LeaderTransfer({
      ...common,
      transfer: (group, to) => host.transfer(group, to),
      transferring: (group) => host.group(group)?.raft.status.transferring ?? false,
      announce: (group, to) => this.service.announce(group, to),
    });
    const shards = new Set(map.shards.map(({ group }) => group));
    this.service = new MembershipService({
      node,
      nodes: configuration.nodes.map(({ id }) => id),
      hasShard: (group) => shards.has(group),
      leaderOf,
      changes: this.#changes,
      transfers: this.#transfers,
      keepLeadership: (group) => balance.keep(group),
      removalOf: (group, replica) => removalOf(sources, { node, shard: group, replica }),
      transport,
      clock,
      logger,
    });
    this.#lost = new LostReplicas({
      nodes: configuration.nodes.map(({ id }) => id).filter((other) => other !== node),
      leaderless: () => leaderless(host),
      ask: (other, lost) => this.service.askWhetherRemoved(other, lost),
      removed: (other, { shard: group, replica: to }, { leader: from, term }) =>
        host.onMessages(other, [{ group, message: { type: 'gone', from, to, term } }]),
      clock,
    });
  }

  start(): void {
    this.#lost.start();
  }

  /** A change of the shard's members is carried out here. */
  busy(shard: GroupId): boolean {
    return this.#changes.isUnderWay(shard);
  }

  get statistics(): AdministrationStatistics {
    const [changes, transfers] = [this.#changes.statistics, this.#transfers.statistics];
    return {
      changesUnderWay: this.#changes.underWay,
      changesDone: changes.done,
      changesRefused: changes.refused,
      changesLeft: changes.left,
      transfersDone: transfers.done,
      transfersFailed: transfers.failed,
    };
  }

  stop(): void {
    this.#changes.stop();
    this.#lost.stop();
  }
}

/** A leader's word on a replica that was removed, once its vote is needed no more (E9, G2). */
function removalOf(
  { host, shard: statusOf }: AdministrationSources,
  { node, shard, replica }: { node: NodeId; shard: GroupId; replica: ReplicaId },
): Removal | undefined {
  const raft = host.group(shard)?.raft;
  const leadership = raft?.leadership;
  if (raft === undefined || leadership === undefined) {
    throw notLeader(statusOf(shard) ?? { shard, leader: undefined }, node);
  }
  const gone = raft.membership.acquaintance(replica) === 'gone' && leadership.settled;
  const { self: leader, term } = raft.status;
  return gone ? { leader, term } : undefined;
}

function leaderless(host: Pick<Host, 'groups'>): LostReplica[] {
  return [...host.groups()]
    .filter(({ raft }) => raft.leader === NOBODY && raft.leadership === undefined)
    .map(({ id: shard, replica }) => ({ shard, replica }));
}

/** A change of the configuration in force at this moment, and of no other. */
async function propose(
  host: AdministrationSources['host'],
  id: GroupId,
  steps: readonly MembershipStep[],
): Promise<StepOutcome> {
  const group: Group | undefined = host.group(id);
  if (group === undefined) return { status: 'lost' };
  const expected = group.raft.membership.configuration;
  return stepOutcome(await host.changeMembership(id, { expected, steps }));
}

function stepOutcome(outcome: MembershipOutcome): StepOutcome {
  if (outcome.status === 'refused') return outcome;
  return { status: outcome.status === 'applied' ? 'applied' : 'lost' };
}
