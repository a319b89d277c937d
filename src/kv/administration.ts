/**
 * What a node does for operators, put together from its parts: changes of members and transfers of
 * leaderships, carried out here when this node leads, brought to the leader when it does not.
 */

import type { GroupId, MembershipStep, NodeId } from '../raft/core/types.js';
import type { Group, MembershipOutcome } from '../raft/group.js';
import type { Host } from '../raft/host.js';
import type { LeaderBalance } from './leader-balance.js';
import { LeaderTransfer } from './leader-transfer.js';
import { MembershipChanges, type StepOutcome } from './membership-changes.js';
import { MembershipService } from './membership-service.js';
import type { KvNodeParts } from './node-parts.js';
import type { AdministrationStatistics, ShardStatus } from './service.js';
import type { ShardDirectory } from './shard/shard-map.js';

export interface AdministrationSources {
  readonly directory: ShardDirectory;
  readonly host: Pick<Host, 'group' | 'changeMembership' | 'transfer'>;
  readonly balance: Pick<LeaderBalance, 'keep'>;
  readonly shard: (shard: GroupId) => ShardStatus | undefined;
  readonly leaderOf: (shard: GroupId) => NodeId | undefined;
}

export class Administration {
  readonly service: MembershipService;
  readonly #changes: MembershipChanges;
  readonly #transfers: LeaderTransfer;

  constructor(parts: KvNodeParts, sources: AdministrationSources) {
    const { node, configuration, transport, clock, logger } = parts;
    const { host, directory, balance, shard, leaderOf } = sources;
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
    this.service = new MembershipService({
      node,
      nodes: configuration.nodes.map(({ id }) => id),
      hasShard: (group) => directory.map.shard(group) !== undefined,
      leaderOf,
      changes: this.#changes,
      transfers: this.#transfers,
      keepLeadership: (group) => balance.keep(group),
      transport,
      clock,
      logger,
    });
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
  }
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
