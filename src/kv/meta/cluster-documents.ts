/**
 * What the documents of the meta group look like. Read strictly where a field decides something,
 * and with room for fields of a newer version: what this one does not know it must not destroy, so
 * a document is changed by spreading the old one.
 */
import { z } from 'zod';
import { nodeIdMax, weightMax, weightMin, zoneCharactersMax } from '../cluster-configuration.js';
import { hashSpaceSize } from '../shard/range.js';

const counter = z.int().min(0);
const identifier = z.int().min(1);

export const nodeStates = ['up', 'suspect', 'dead'] as const;
export const memberRoles = ['voter', 'learner'] as const;

/** `nodes/<id>` */
export const nodeDocument = z.looseObject({
  id: identifier.max(nodeIdMax),
  /** `host:port`, as the other nodes reach it. */
  peerAddress: z.string(),
  httpAddress: z.string(),
  zone: z.string().min(1).max(zoneCharactersMax),
  weight: z.number().min(weightMin).max(weightMax),
  version: z.string(),
  state: z.enum(nodeStates),
  /** Unix milliseconds, of the clock of the leader that saw it change. */
  stateSinceMs: counter,
  draining: z.boolean(),
});

/** `map` */
export const mapDocument = z.looseObject({
  /** Steps with every change of any `shards/*`. */
  epoch: identifier,
  /** The number that the next shard gets; none is used twice. */
  nextGroup: identifier,
});

const hash32 = z
  .int()
  .min(0)
  .max(hashSpaceSize - 1);

/** `shards/<group>`: intent; what a shard *is* stands in its own replicated state. */
export const shardDocument = z.looseObject({
  group: identifier,
  range: z.object({ start: hash32, end: z.int().min(1).max(hashSpaceSize) }),
  epoch: z.object({ range: identifier, members: identifier }),
  ringPosition: hash32,
  members: z
    .array(z.object({ node: identifier, replica: identifier, role: z.enum(memberRoles) }))
    .min(1),
  preferredLeader: identifier,
});

/** `settings` */
export const settingsDocument = z.looseObject({
  /** Replicas of a shard, as asked for. */
  replicas: z.union([z.literal(1), z.literal(3), z.literal(5)]),
  /** A node is dead when it was not heard for so long: its replicas are built elsewhere then. */
  deadAfterMs: counter,
});

export type NodeDocument = z.infer<typeof nodeDocument>;
export type MapDocument = z.infer<typeof mapDocument>;
export type ShardDocument = z.infer<typeof shardDocument>;
export type SettingsDocument = z.infer<typeof settingsDocument>;

export const documentNames = {
  map: 'map',
  settings: 'settings',
  node: (id: number | '') => `nodes/${id}`,
  shard: (group: number | '') => `shards/${group}`,
} as const;
