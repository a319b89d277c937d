/**
 * One node lies: what it says is well-formed and false. Raft trusts its members, so nothing is
 * promised of the data then. What must hold is that honest nodes do not crash: a replica that is
 * told what cannot be may stop itself, and serves again after a restart.
 */
import type { LinkDirection, LinkProxy } from '../cluster/link-proxy.js';
import type { OwnCluster } from '../cluster/own-cluster.js';
import {
  type Fields,
  messagesOf,
  type PeerRecord,
  readFrame,
  recordTypes,
  writeFrame,
} from '../cluster/peer-frame.js';
import type { RandomStream } from '../workloads/random-stream.js';
import type { Fault, OwnFaultKind } from './fault.js';
import { filtered } from './frame-faults.js';
import { names } from './victims.js';

const often = 0.3;

interface Lie {
  readonly words: string;
  readonly record: number;
  readonly tell: (message: Fields, random: RandomStream) => void;
}

const grow = (message: Fields, name: string, by: number) => {
  const value = message[name];
  if (typeof value === 'number') message[name] = Math.max(0, value + by);
};

const lies: readonly Lie[] = [
  {
    words: 'claims to hold more of the log than it does',
    record: recordTypes.appendResponse,
    tell: (message, random) => grow(message, 'index', random.between(1, 20)),
  },
  {
    words: 'votes for everybody',
    record: recordTypes.voteResponse,
    tell: (message) => {
      message['granted'] = 1;
    },
  },
  {
    words: 'tells of terms that never were',
    record: recordTypes.heartbeats,
    tell: (message, random) => grow(message, 'term', random.between(1, 3)),
  },
  {
    words: 'tells that more is committed than is',
    record: recordTypes.heartbeats,
    tell: (message, random) => grow(message, 'commit', random.between(1, 20)),
  },
  {
    words: 'sends other entries than those of its log',
    record: recordTypes.append,
    tell: (message) => grow(message, 'previousTerm', 1),
  },
  {
    words: 'tells readers of an older state',
    record: recordTypes.readIndexResponse,
    tell: (message, random) => grow(message, 'index', -random.between(1, 20)),
  },
  {
    words: 'tells that it voted although it did not',
    record: recordTypes.preVoteResponse,
    tell: (message) => {
      message['granted'] = 1;
    },
  },
];

function lie(cluster: OwnCluster, random: RandomStream): Fault {
  const liar = random.pick(cluster.nodes);
  const others = cluster.nodes.filter((node) => node !== liar);
  const says = new Map<LinkProxy, LinkDirection>();
  for (const other of others) {
    says.set(cluster.link(liar, other), 'forward');
    says.set(cluster.link(other, liar), 'backward');
  }
  const inner = filtered({
    name: 'lies',
    words: `${liar.name} lies`,
    links: [...says.keys()],
    writesTo: cluster.nodes,
    filter: (link, met) => (frame, direction) => {
      const records = direction === says.get(link) ? readFrame(frame) : undefined;
      if (records === undefined || !tellLies(records, random)) return [frame];
      met();
      return [writeFrame(records)];
    },
  });
  return {
    ...inner,
    /** Whoever believed a lie knows what is not true; the disk may, too. */
    async stop() {
      const met = await inner.stop();
      for (const node of cluster.nodes) await node.kill();
      for (const node of cluster.nodes) node.start();
      return `${met}; restarted ${names(cluster.nodes)}`;
    },
  };
}

function tellLies(records: readonly PeerRecord[], random: RandomStream): boolean {
  let told = false;
  for (const record of records) {
    const fitting = lies.filter((each) => each.record === record.type);
    if (fitting.length === 0) continue;
    for (const message of messagesOf(record)) {
      if (!random.chance(often)) continue;
      random.pick(fitting).tell(message, random);
      told = true;
    }
  }
  return told;
}

export const lieFaults: readonly OwnFaultKind[] = [
  {
    name: 'lies',
    lane: 'processes',
    needs: 'own',
    nodesMin: 2,
    does: 'a node says well-formed untruths to the others',
    notInMix: 'Raft trusts its members: of the data nothing is promised, only that nobody crashes',
    draw: lie,
  },
];
