/**
 * A replica that was removed while its node was away is told so by the leader when it speaks to a
 * member. When all members that it knows have moved on, nobody hears it: it would wait for a leader
 * for ever. So a replica without a leader asks every node now and then (request 0x13), and the one
 * that leads the group answers what it would have answered to the replica itself.
 *
 *   request  0x13, 1 (version), 0, 0, group u32, replica double          16 bytes
 *   answer   1 (version), 0 or 1 (removed), 6 zero bytes,
 *            the leader's replica and term as doubles                    24 bytes
 */
import type { Clock } from '../raft/clock.js';
import {
  type GroupId,
  NOBODY,
  type NodeId,
  type ReplicaId,
  type Term,
} from '../raft/core/types.js';
import type { Group } from '../raft/group.js';
import type { Host } from '../raft/host.js';
import type { IncomingRequest, Transport } from '../raft/transport/types.js';

/** First byte of a request's body, which says who of a node takes it. */
export const orphanRequestType = 0x13;

const version = 1;
const requestBytes = 16;
const answerBytes = 24;

export interface OrphanCheckTiming {
  /** A replica that has no leader at two looks in a row asks. */
  readonly periodMs: number;
  readonly answerMs: number;
}

export const defaultOrphanCheckTiming: OrphanCheckTiming = { periodMs: 10_000, answerMs: 2_000 };

export interface OrphanCheckOptions {
  readonly node: NodeId;
  /** All nodes of the cluster. */
  readonly nodes: readonly NodeId[];
  readonly host: Pick<Host, 'group' | 'groups' | 'toldRemoved'>;
  readonly transport: Pick<Transport, 'request'>;
  readonly clock: Clock;
  readonly timing: OrphanCheckTiming;
}

export class OrphanCheck {
  readonly #options: OrphanCheckOptions;
  /** Had no leader when looked at last. */
  #leaderless = new Set<Group>();
  #cancel: (() => void) | undefined;

  constructor(options: OrphanCheckOptions) {
    this.#options = options;
  }

  start(): void {
    const { clock, timing } = this.#options;
    this.#cancel = clock.every(timing.periodMs, () => this.#look());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #look(): void {
    const leaderless = new Set<Group>();
    for (const group of this.#options.host.groups()) {
      if (group.raft.leader !== NOBODY) continue;
      leaderless.add(group);
      if (this.#leaderless.has(group)) void this.#askAll(group);
    }
    this.#leaderless = leaderless;
  }

  async #askAll(group: Group): Promise<void> {
    const { node: self, nodes, host, transport, timing } = this.#options;
    const body = encodeRequest(group.id, group.replica);
    const others = nodes.filter((node) => node !== self);
    const asked = others.map(async (node) => {
      const answer = await transport.request(node, body, { timeoutMs: timing.answerMs });
      const leader = decodeAnswer(answer);
      if (leader !== undefined) host.toldRemoved(group, { ...leader, node });
    });
    // Whoever cannot be reached is asked again at the next look.
    await Promise.allSettled(asked);
  }

  /** A request of another node; its first byte is `orphanRequestType`. */
  async serve({ body }: IncomingRequest): Promise<Buffer> {
    const out = Buffer.alloc(answerBytes);
    out[0] = version;
    if (body.length !== requestBytes || body[1] !== version) return out;
    const group = this.#options.host.group(body.readUInt32LE(4));
    const { leadership, membership } = group?.raft ?? {};
    // Only a leader whose members all know that the replica was removed: until then its vote may
    // be needed for them to learn so.
    if (group === undefined || leadership?.settled !== true) return out;
    if (membership?.acquaintance(body.readDoubleLE(8)) !== 'gone') return out;
    out[1] = 1;
    out.writeDoubleLE(group.replica, 8);
    out.writeDoubleLE(group.raft.status.term, 16);
    return out;
  }
}

function encodeRequest(group: GroupId, replica: ReplicaId): Buffer {
  const out = Buffer.alloc(requestBytes);
  out[0] = orphanRequestType;
  out[1] = version;
  out.writeUInt32LE(group, 4);
  out.writeDoubleLE(replica, 8);
  return out;
}

/** The leader that says that the replica was removed. */
function decodeAnswer(bytes: Buffer): { replica: ReplicaId; term: Term } | undefined {
  if (bytes.length !== answerBytes || bytes[0] !== version || bytes[1] !== 1) return undefined;
  const [replica, term] = [bytes.readDoubleLE(8), bytes.readDoubleLE(16)];
  return Number.isSafeInteger(replica) && replica > 0 ? { replica, term } : undefined;
}
