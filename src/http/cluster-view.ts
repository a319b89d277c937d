/** The cluster's documents as the admin routes show them: the API's spelling. */
import type { z } from 'zod';
import type { AuditDocument } from '../kv/balance/audit-document.js';
import type {
  BalancerSettings,
  ClusterDocuments,
  NodeDocument,
  PinDocument,
} from '../kv/balance/cluster-documents.js';
import type { BalanceReport, ClusterStatus } from '../kv/balance/cluster-service.js';
import type { Explanation } from '../kv/balance/explain.js';
import { isActive } from '../kv/balance/job-document.js';
import type { ClusterScore } from '../kv/balance/score.js';
import type {
  auditSchema,
  balancerSchema,
  balanceSchema,
  clusterSchema,
  explanationSchema,
  nodeDocumentSchema,
  pinSchema,
} from './cluster-schemas.js';

export function timeView(atMs: number | undefined): string | null {
  return atMs === undefined ? null : new Date(atMs).toISOString();
}

export function clusterView(
  { cluster, meta }: ClusterStatus,
  { map, shards, nodes, settings, jobs }: ClusterDocuments,
): z.input<typeof clusterSchema> {
  const all = [...nodes.values()];
  const count = (state: NodeDocument['state']) => all.filter((node) => node.state === state).length;
  return {
    cluster_id: cluster,
    epoch: map.epoch,
    shards: shards.size,
    nodes: {
      up: count('up'),
      suspect: count('suspect'),
      dead: count('dead'),
      draining: all.filter(({ draining }) => draining).length,
    },
    replicas: settings.replicas,
    dead_after_ms: settings.deadAfterMs,
    meta: { leader: meta.leader ?? null, voters: [...meta.voters] },
    jobs: { active: [...jobs.values()].filter(isActive).length },
  };
}

export function clusterNodeView(
  node: NodeDocument,
  { shards }: Pick<ClusterDocuments, 'shards'>,
): z.input<typeof nodeDocumentSchema> {
  const held = [...shards.values()].filter(({ members }) =>
    members.some((member) => member.node === node.id),
  );
  return {
    node: node.id,
    zone: node.zone,
    weight: node.weight,
    peer_address: node.peerAddress,
    http_address: node.httpAddress,
    version: node.version,
    state: node.state,
    state_since: timeView(node.stateSinceMs),
    draining: node.draining,
    shards: held.length,
  };
}

export function scoreView(score: ClusterScore) {
  return {
    busiest: score.busiest,
    idlest: score.idlest,
    busiest_leader: score.busiestLeader,
    missing_replicas: score.missingReplicas,
    misplaced_replicas: score.misplacedReplicas,
    zone_conflicts: score.zoneConflicts,
  };
}

export function balanceView(report: BalanceReport): z.input<typeof balanceSchema> {
  return {
    epoch: report.epoch,
    score: scoreView(report.cluster),
    nodes: report.nodes.map((node) => ({
      node: node.node,
      score: node.score,
      replicas: node.replicas,
      leaders: node.leaders,
      bytes: node.bytes,
      reads_per_second: node.readsPerSecond,
      writes_per_second: node.writesPerSecond,
      load: node.load,
      load_by: { ...node.parts },
      share: node.share,
      bound: node.bound,
    })),
  };
}

export function explanationView(explanation: Explanation): z.input<typeof explanationSchema> {
  const rules = (list: Explanation['rules']) =>
    list.map(({ rule, decision, because }) => ({ rule, decision, because }));
  return {
    shard: explanation.shard,
    can_stay: explanation.canStay,
    can_move: explanation.canMove,
    rules: rules(explanation.rules),
    ring: [...explanation.ring],
    members: explanation.members.map((member) => ({
      node: member.node,
      role: member.role,
      can_stay: member.canStay,
      can_leave: member.canLeave,
      rules: rules(member.rules),
    })),
    nodes: explanation.nodes.map(({ node, decision, rank, rules: list }) => {
      return { node, decision, rank, rules: rules(list) };
    }),
  };
}

export function balancerView(
  settings: BalancerSettings,
  now: string | undefined,
): z.input<typeof balancerSchema> {
  const { autoSplit, autoMerge } = settings;
  return {
    enabled: settings.enabled,
    paused_until: timeView(settings.pausedUntilMs),
    windows: settings.windows.map(({ days, from, to }) => {
      return { ...(days !== undefined && { days: [...days] }), from, to };
    }),
    max_bytes_per_s: settings.maxBytesPerSecond,
    max_concurrent: settings.maxConcurrent,
    max_per_node: settings.maxPerNode,
    auto_split: {
      enabled: autoSplit.enabled,
      bytes: autoSplit.bytes,
      requests_per_second: autoSplit.requestsPerSecond,
      shards_max: autoSplit.shardsMax,
    },
    auto_merge: {
      enabled: autoMerge.enabled,
      bytes: autoMerge.bytes,
      requests_per_second: autoMerge.requestsPerSecond,
      shards_min: autoMerge.shardsMin,
      quiet_ms: autoMerge.quietMs,
    },
    now: now ?? null,
  };
}

export function pinView(pin: PinDocument): z.input<typeof pinSchema> {
  const { id, shard, node, kind, actor, reason, createdAtMs } = pin;
  return { pin: id, shard, node, kind, actor, reason, created_at: timeView(createdAtMs) };
}

export function auditView(entry: AuditDocument): z.input<typeof auditSchema>['entries'][number] {
  const { number, atMs, actor, action, subject, reason, requestId, before, after } = entry;
  return {
    ...{ number, at: timeView(atMs), actor, action, subject, reason },
    ...{ request_id: requestId, before: before ?? null, after: after ?? null },
  };
}
