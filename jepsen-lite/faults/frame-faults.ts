/**
 * What happens to single frames between nodes. TCP does not lose or double bytes, but a product
 * that counts on that loses its way when a connection breaks and begins anew; and what is lost
 * here looks to the nodes as if it had been lost in a buffer that overflowed.
 */
import type { FrameFilter, LinkProxy } from '../cluster/link-proxy.js';
import type { OwnCluster } from '../cluster/own-cluster.js';
import type { OwnNode } from '../cluster/own-node.js';
import { type Fields, isOfRaft, messagesOf, readFrame, writeFrame } from '../cluster/peer-frame.js';
import type { RandomStream } from '../workloads/random-stream.js';
import { type Fault, NotNow, type OwnFaultKind } from './fault.js';
import { becomes } from './patience.js';
import { leaderView } from './shards.js';
import { whileWriting } from './traffic.js';
import { someLinks } from './victims.js';

const lane = 'network';
const needs = 'own';
/** Nodes ping each other each second, and the heads of connections are no frames. */
const metMsMax = 5_000;
const often = 0.2;
const growsMs = 3_000;

/** A filter for one link; it tells when it has met a frame. */
type MakeFilter = (random: RandomStream, met: () => void) => FrameFilter;

const drop: MakeFilter = (random, met) => (frame) => {
  if (!random.chance(often)) return [frame];
  met();
  return [];
};

/**
 * Raft's messages may come twice, by its own rules. A forwarded request may not: it rests on TCP,
 * which doubles nothing, and is not numbered.
 */
const double: MakeFilter = (random, met) => (frame) => {
  const raft = random.chance(often) ? readFrame(frame)?.filter(isOfRaft) : undefined;
  if (raft === undefined || raft.length === 0) return [frame];
  met();
  return [frame, writeFrame(raft)];
};

/** The frame behind overtakes. */
const reorder: MakeFilter = (random, met) => {
  const late = new Map<string, Buffer>();
  return (frame, direction) => {
    const before = late.get(direction);
    if (before !== undefined) {
      late.delete(direction);
      met();
      return [frame, before];
    }
    if (!random.chance(often)) return [frame];
    late.set(direction, Buffer.from(frame));
    return [];
  };
};

/** One bit, anywhere: the checksum must tell. */
const corrupt: MakeFilter = (random, met) => (frame) => {
  if (!random.chance(often / 4)) return [frame];
  met();
  const changed = Buffer.from(frame);
  const at = random.below(changed.length);
  changed.writeUInt8(changed.readUInt8(at) ^ (1 << random.below(8)), at);
  return [changed];
};

const dropMoreAndMore: MakeFilter = (random, met) => {
  const startMs = performance.now();
  return (frame) => {
    const grown = Math.min(1, (performance.now() - startMs) / growsMs);
    if (!random.chance(0.8 * grown)) return [frame];
    met();
    return [];
  };
};

/** Links whose frames go through filters; each link has one of its own. */
export function filtered(options: {
  readonly name: string;
  readonly words: string;
  readonly links: readonly LinkProxy[];
  readonly filter: (link: LinkProxy, met: () => void) => FrameFilter;
  /** Written to while it is probed: a shard at rest says nothing. */
  readonly writesTo?: readonly OwnNode[];
}): Fault {
  const { name, words, links, filter, writesTo = [] } = options;
  let count = 0;
  const met = () => {
    count += 1;
  };
  return {
    name,
    async start() {
      for (const link of links) link.filter(filter(link, met));
      return words;
    },
    probe: () => whileWriting(writesTo, () => becomes(() => count > 0, metMsMax)),
    async stop() {
      for (const link of links) link.filter(undefined);
      return `${count} frames met`;
    },
  };
}

const onSomeLinks =
  (name: string, what: string, make: MakeFilter): OwnFaultKind['draw'] =>
  (cluster, random) => {
    const { words, links } = someLinks(cluster, random);
    return filtered({
      name,
      words: `${what} on ${words}`,
      links,
      filter: (_link, met) => make(random, met),
    });
  };

/** Raft's messages about one shard, from and to one of its nodes; all else goes on. */
function partitionShard(cluster: OwnCluster, random: RandomStream): Fault {
  const name = 'partition-shard';
  const shard = 1 + random.below(cluster.shards);
  let fault: Fault | undefined;
  return {
    name,
    async start() {
      const view = await leaderView(cluster.endpoints, shard);
      const members = cluster.nodes.filter(({ id }) =>
        view?.members.some(({ node }) => node === id),
      );
      if (members.length < 2) throw new NotNow(`shard ${shard} has no leader with members`);
      const victim = random.pick(members);
      const links = cluster.nodes
        .filter((node) => node !== victim)
        .flatMap((node) => [cluster.link(victim, node), cluster.link(node, victim)]);
      fault = filtered({
        name,
        words: `${victim.name} | the others, for shard ${shard} alone`,
        links,
        writesTo: cluster.nodes,
        filter: (_link, met) => (frame) => {
          const rest = withoutShard(frame, shard);
          if (rest !== undefined) met();
          return rest ?? [frame];
        },
      });
      return fault.start();
    },
    probe: async () => (await fault?.probe()) ?? false,
    stop: async () => (await fault?.stop()) ?? 'nothing was done',
  };
}

/** Undefined: nothing of the shard is in it. */
function withoutShard(frame: Buffer, shard: number): readonly Buffer[] | undefined {
  const records = readFrame(frame);
  const ofShard = ({ group }: Fields) => group === shard;
  if (records === undefined || !records.flatMap(messagesOf).some(ofShard)) return undefined;
  const kept = records.flatMap((record) => {
    const { messages } = record.fields;
    if (!Array.isArray(messages)) return ofShard(record.fields) ? [] : [record];
    const others = messages.filter((message) => !ofShard(message));
    if (others.length === 0) return [];
    return [{ ...record, fields: { ...record.fields, messages: others } }];
  });
  return kept.length === 0 ? [] : [writeFrame(kept)];
}

export const frameFaults: readonly OwnFaultKind[] = [
  {
    name: 'partition-shard',
    lane,
    needs,
    nodesMin: 2,
    does: "stops one shard's messages from and to a node",
    draw: partitionShard,
  },
  {
    name: 'loss',
    lane,
    needs,
    nodesMin: 2,
    does: 'loses a fifth of the frames between nodes',
    draw: onSomeLinks('loss', 'frames are lost', drop),
  },
  {
    name: 'growing-loss',
    lane,
    needs,
    nodesMin: 2,
    does: 'loses ever more frames between nodes',
    draw: onSomeLinks('growing-loss', 'ever more frames are lost', dropMoreAndMore),
  },
  {
    name: 'duplicates',
    lane,
    needs,
    nodesMin: 2,
    does: "doubles a fifth of Raft's frames between nodes",
    draw: onSomeLinks('duplicates', "Raft's frames are doubled", double),
  },
  {
    name: 'reorder',
    lane,
    needs,
    nodesMin: 2,
    does: 'lets frames between nodes overtake each other',
    draw: onSomeLinks('reorder', 'frames overtake', reorder),
  },
  {
    name: 'corrupt',
    lane,
    needs,
    nodesMin: 2,
    does: 'turns single bits in frames between nodes',
    draw: onSomeLinks('corrupt', 'bits turn', corrupt),
  },
];
