/**
 * Fault schedules made for one kind of mistake, for planted bugs that a drawn schedule finds too
 * rarely: the same clients, and faults that aim. What a run is for stands beside each.
 */
import { defaultLimits, defaultTiming } from '../../../src/raft/core/options.js';
import { defaultHostLimits, defaultHostTiming } from '../../../src/raft/host-options.js';
import type { Fault, MembershipFault } from '../faults.js';
import type { ClientPlan, ClusterPlan, RunPlan } from '../run-plan.js';

type Direct = (plan: RunPlan) => RunPlan;

const schedules = {
  /** An old leader that hears nobody, beside a new one, again and again. */
  'isolated leaders': (plan) =>
    directed(
      plan,
      repeated(plan, 6_000, (atMs) => {
        const isolateLeaderOf = 1 + (Math.floor(atMs / 6_000) % plan.cluster.shards);
        const shape = 'leader' as const;
        return { kind: 'partition', atMs, forMs: 4_000, shape, cuts: [], isolateLeaderOf };
      }),
    ),
  /** Writes that are torn: the power goes while a slow disk is at work. */
  'power cuts': (plan) => ({
    ...directed(plan, repeated(plan, 1_500, powerCut)),
    disk: { syncMinMs: 20, syncMaxMs: 80 },
  }),
  /** A disk that refuses one write, and then a power cut. */
  'failing disks': (plan) =>
    directed(plan, [
      ...repeated(plan, 4_000, (atMs, node) => {
        const operation = atMs % 8_000 === 0 ? 'datasync' : 'write';
        return { kind: 'disk-error', atMs, node, operation, nth: 1 };
      }),
      ...repeated(plan, 4_000, (atMs, node) => powerCut(atMs + 500, node)),
    ]),
  /** One bit of one log changes. */
  'a flipped bit': (plan) => {
    const place = (plan.seed % 10) / 10 + 0.05;
    const at = { atMs: plan.durationMs / 4, node: 1, forMs: 500 };
    return directed(plan, [{ kind: 'bit-flip', ...at, place, bit: plan.seed % 8 }]);
  },
  /** Every frame may come twice, late and out of order. */
  'bad weather': (plan) => ({
    ...directed(plan, []),
    network: {
      ...plan.network,
      lossRate: 0.05,
      duplicateRate: 0.3,
      reorderRate: 0.4,
      delayMinMs: 1,
      delayMaxMs: 30,
    },
  }),
  /** Answers that take long, and many readers who are content with old ones. */
  'long lines': (drawn) => {
    const plan = on(drawn, { nodes: 3, replicas: 3, shards: 1 });
    const mix = { put: 40, conditionalPut: 0, delete: 0, read: 10, staleRead: 50 };
    return {
      ...directed(plan, []),
      network: { ...plan.network, delayMinMs: 50, delayMaxMs: 80 },
      clients: plan.clients.map((client) => ({ ...client, mix, thinkMs: 20, roams: true })),
    };
  },
  /** Answers that are under way for so long that they reach the asker’s next process. */
  'restarts over long lines': (plan) => {
    const { raftTiming = defaultTiming, hostTiming = defaultHostTiming } = plan.cluster.tuning;
    const tuning = {
      ...plan.cluster.tuning,
      raftTiming: { ...raftTiming, heartbeatTicks: 1 },
      raftLimits: defaultLimits,
      hostTiming: { ...hostTiming, tickMs: 50 },
    };
    const faults = repeated(plan, 450, (atMs) => {
      return { kind: 'crash', atMs, forMs: 20, nodes: [3], death: 'crash' };
    });
    const mix = { put: 40, conditionalPut: 0, delete: 0, read: 20, staleRead: 40 };
    // Whoever is at node 3 loses its connection soon, and comes back only by roaming.
    const client = { ...firstClient(plan), mix, thinkMs: 10, roams: true };
    return {
      ...directed(plan, faults, { tuning, nodes: 3, shards: 1, replicas: 3 }),
      network: { ...plan.network, delayMinMs: 100, delayMaxMs: 130, reconnectMs: 10 },
      clients: Array.from({ length: 16 }, (_, i) => ({ ...client, id: i + 1, node: 1 + (i % 3) })),
    };
  },
  /** Groups that go quiet as soon as they may, with followers whose disks are slow. */
  'idle groups': (plan) => {
    const { raftTiming = defaultTiming, hostTiming = defaultHostTiming } = plan.cluster.tuning;
    const tuning = {
      ...plan.cluster.tuning,
      raftTiming: { ...raftTiming, quietAfterTicks: raftTiming.electionTicksMax },
      hostTiming: { ...hostTiming, tickMs: 50 },
    };
    const faults = repeated(plan, 8_000, (atMs, node) => {
      return { kind: 'slow-disk', atMs, forMs: 6_000, node, syncMinMs: 3_000, syncMaxMs: 5_000 };
    });
    return {
      ...directed(plan, faults, { tuning }),
      clients: plan.clients.map((client) => ({ ...client, thinkMs: 4_000 })),
    };
  },
  /** A log that is cut as soon as it may be, beside a state that is slow to become durable. */
  'a slow state': (plan) => {
    const { hostLimits = defaultHostLimits, hostTiming = defaultHostTiming } = plan.cluster.tuning;
    const tuning = {
      ...plan.cluster.tuning,
      hostLimits: { ...hostLimits, groupTailBytesMax: 256 },
      hostTiming: { ...hostTiming, compactionMs: 100 },
    };
    const checkpoint = { ...plan.cluster.checkpoint, pulseMs: 3_000 };
    return directed(plan, repeated(plan, 4_000, powerCut), { tuning, checkpoint });
  },
  /**
   * A log of a few small segments, and shards that lose their majority while others go on: what
   * was proposed and is not committed pins old segments, until it is carried forward.
   */
  'a short log': (plan) => {
    const faults = repeated(plan, 12_000, (atMs) => {
      return { kind: 'crash', atMs, forMs: 8_000, nodes: [4, 5], death: 'crash' };
    });
    const cuts = repeated(plan, 12_000, (atMs, node) => powerCut(atMs + 7_000, 1 + (node % 3)));
    const segmentBytes = 16 * 1024;
    const cluster = { nodes: 5, replicas: 3, shards: 4, segmentBytes } as const;
    return {
      ...directed(plan, [...faults, ...cuts], { ...cluster, logBytesMax: 4 * segmentBytes }),
      clients: plan.clients.map((client) => {
        return { ...client, keys: 20, valueBytesMax: 4_096, thinkMs: 30, roams: true };
      }),
    };
  },
  /** As many learners as followers, and moments in which only the learners answer the leader. */
  learners: (drawn) => {
    const plan = on(drawn, { nodes: 5, replicas: 3, shards: 1 });
    const ids = [1, 2, 3, 4, 5];
    const pairs = ids.flatMap((one) => ids.slice(one).map((other) => [one, other] as const));
    return directed(plan, [
      ...repeated(plan, 400, (atMs) => membership(atMs, 'add-learner')).slice(0, 10),
      ...repeated(plan, 2_500, (atMs) => {
        const pair = pairs[Math.floor(atMs / 2_500) % pairs.length] ?? [1, 2];
        const rest = ids.filter((id) => !pair.includes(id));
        const cuts = rest.flatMap((a) =>
          pair.flatMap((b): [number, number][] => [
            [a, b],
            [b, a],
          ]),
        );
        return { kind: 'partition', atMs: atMs + 4_000, forMs: 2_000, shape: 'halves', cuts };
      }),
    ]);
  },
  /** Groups of two and three that change all the time, with leaders that change as well. */
  'members come and go': (drawn) => {
    const plan = on(drawn, { nodes: 3, replicas: 3, shards: 1 });
    const slow = { syncMinMs: 50, syncMaxMs: 200 };
    const faults = [
      ...repeated(plan, 1_000, (atMs) =>
        membership(atMs, (atMs / 1_000) % 2 === 0 ? 'add' : 'remove'),
      ),
      ...repeated(plan, 1_500, (atMs, node) => {
        return { kind: 'slow-disk', atMs, forMs: 1_400, node, ...slow };
      }),
      ...repeated(plan, 1_100, (atMs, node) => ({ kind: 'campaign', atMs, shard: 1, node })),
    ];
    const network = { ...plan.network, delayMinMs: 10, delayMaxMs: 40 };
    return { ...directed(plan, faults), network };
  },
  /** Operators who ask for changes all the time, and leaders who have only just been elected. */
  'hasty changes': (drawn) => {
    const plan = on(drawn, { nodes: 5, replicas: 3, shards: 1 });
    const faults = [
      ...repeated(plan, 130, (atMs) => membership(atMs, atMs % 2 === 0 ? 'add' : 'remove')),
      ...repeated(plan, 900, (atMs, node) => ({ kind: 'campaign', atMs, shard: 1, node })),
    ];
    return { ...directed(plan, faults), disk: { syncMinMs: 20, syncMaxMs: 60 } };
  },
  /** A leader that is cut off while another node loses its replica and is given a new one. */
  'members of old': (drawn) => {
    const plan = on(drawn, { nodes: 5, replicas: 5, shards: 1 });
    const cuts: [number, number][] = [];
    return directed(plan, [
      ...repeated(plan, 8_000, (atMs) => {
        const shape = 'leader' as const;
        return { kind: 'partition', atMs, forMs: 6_500, shape, cuts, isolateLeaderOf: 1 };
      }),
      ...repeated(plan, 8_000, (atMs) => membership(atMs + 2_500, 'remove')),
      ...repeated(plan, 8_000, (atMs) => membership(atMs + 4_000, 'add')),
    ]);
  },
} as const satisfies Record<string, Direct>;

export type DirectedName = keyof typeof schedules;

export function directedPlan(name: DirectedName, plan: RunPlan): RunPlan {
  return schedules[name](plan);
}

function firstClient({ clients }: RunPlan): ClientPlan {
  const [first] = clients;
  if (first === undefined) throw new Error('a plan has clients');
  return first;
}

/** The same on other machines, with every client at one of them. */
function on(plan: RunPlan, cluster: Partial<ClusterPlan> & { nodes: number }): RunPlan {
  const clients = plan.clients.map((client) => {
    return { ...client, node: 1 + ((client.node - 1) % cluster.nodes) };
  });
  return { ...plan, clients, cluster: { ...plan.cluster, ...cluster } };
}

function directed(
  plan: RunPlan,
  faults: readonly Fault[],
  cluster: Partial<ClusterPlan> = {},
): RunPlan {
  return { ...plan, faults, cluster: { ...plan.cluster, ...cluster } };
}

function powerCut(atMs: number, node: number): Fault {
  return { kind: 'crash', atMs, forMs: 300, nodes: [node], death: 'power-cut' };
}

function membership(atMs: number, action: MembershipFault['action']): Fault {
  // Everybody in turn, in no order.
  const pick = (atMs * 0.00618) % 1;
  return {
    kind: 'membership',
    atMs,
    shard: 1,
    via: 1 + (atMs % 3),
    action,
    pick,
    timeoutMs: 5_000,
  };
}

/** A fault every so often, from one node to the next. */
function repeated(
  plan: RunPlan,
  everyMs: number,
  fault: (atMs: number, node: number) => Fault,
): Fault[] {
  const count = Math.floor(plan.durationMs / everyMs);
  return Array.from({ length: count }, (_, i) =>
    fault((i + 1) * everyMs, 1 + (i % plan.cluster.nodes)),
  );
}
