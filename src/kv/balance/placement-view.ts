/** The cluster's documents as plans are made from them. */
import type { ClusterDocuments } from './cluster-documents.js';
import type { ClusterView } from './cluster-view.js';
import { heldShards } from './job-schedule.js';

export function placementView(documents: ClusterDocuments, nowMs: number): ClusterView {
  const { nodes, map, shards, settings, pins } = documents;
  return {
    nowMs,
    epoch: map.epoch,
    nextGroup: map.nextGroup,
    nodes: [...nodes.values()].sort((a, b) => a.id - b.id),
    shards: [...shards.values()].sort((a, b) => a.range.start - b.range.start),
    pins: [...pins.values()],
    settings,
    busy: heldShards(documents),
  };
}
