/**
 * Says, in the log and to the layer above, what became of a group's role.
 */
import { type Effects, NOBODY } from './core/types.js';
import type { Group } from './group.js';
import type { HostLogger, RoleChange } from './host-options.js';

export interface GroupNewsParts {
  readonly logger: HostLogger;
  readonly onRole: (change: RoleChange) => void;
}

export class GroupNews {
  readonly statistics = { elections: 0, slowDiskHandOvers: 0 };
  readonly #parts: GroupNewsParts;

  constructor(parts: GroupNewsParts) {
    this.#parts = parts;
  }

  take(group: Group, effects: Effects): void {
    if (effects.handOver !== undefined) this.#handsOver(group, effects.handOver);
    if (effects.configuration !== undefined) {
      const { voters, outgoing, learners } = effects.configuration;
      const ids = (members: typeof voters) => members.map(({ node }) => node).join(' ');
      const fields = { group: group.id, voters: ids(voters), outgoing: ids(outgoing) };
      this.#parts.logger.info({ ...fields, learners: ids(learners) }, 'configuration changed');
    }
    if (effects.role === undefined) return;
    const { role, term } = effects.role;
    const known = effects.role.leader !== NOBODY;
    const leader = known ? group.nodeOf(effects.role.leader) : undefined;
    if (role === 'candidate') this.statistics.elections += 1;
    const fields = { group: group.id, role, term, leader: leader ?? null };
    this.#parts.logger.info(fields, 'raft role changed');
    this.#parts.onRole({ group: group.id, role, leader, term });
  }

  #handsOver(group: Group, { to, reason }: NonNullable<Effects['handOver']>): void {
    const fields = { group: group.id, to: group.nodeOf(to) ?? null, reason };
    if (reason === 'slow-disk') {
      this.statistics.slowDiskHandOvers += 1;
      this.#parts.logger.warn(
        fields,
        'the disk of this node is slower than those of a majority: it hands a leadership over',
      );
      return;
    }
    if (reason === 'removed') {
      this.#parts.logger.info(fields, 'this leader is no voter any more: it hands over');
      return;
    }
    this.#parts.logger.warn(fields, 'this leader hands over, for its state is damaged');
  }
}
