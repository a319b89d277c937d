/** What a setting is when nobody gave it. */
import { formatAddress, isWildcard } from './address.js';
import type { NodeValues } from './config-schema.js';

const defaults = {
  http: { host: '127.0.0.1', port: 8401 },
  peer: { host: '127.0.0.1', port: 9401 },
  shards: 12,
  replicas: 3 as 1 | 3 | 5,
  segmentBytes: 64 * 1024 ** 2,
  valueBytesMax: 1024 ** 2,
};

/** The settings with their defaults; what is required may still be missing. */
export type Given = ReturnType<typeof withDefaults>;

export function withDefaults(values: NodeValues) {
  const http = values.http ?? defaults.http;
  const nodes = [...(values.node ?? [])].sort((a, b) => a.node - b.node);
  const addresses = nodes.map(({ node, address }) => [node, address] as const);
  const replaced = values['peer-address'] ?? [];
  const peerAddresses = new Map([
    ...addresses.filter(([node]) => node !== values['node-id']),
    ...replaced.map(({ node, address }) => [node, address] as const),
  ]);
  return {
    nodeId: values['node-id'],
    clusterId: values['cluster-id'],
    dir: values.dir,
    http,
    httpAdvertise: formatAddress(values['http-advertise'] ?? http),
    peer: values.peer ?? defaults.peer,
    nodes,
    peerAddresses,
    shards: values.shards ?? defaults.shards,
    replicas: values.replicas ?? defaults.replicas,
    segmentBytes: values['segment-bytes'] ?? defaults.segmentBytes,
    valueBytesMax: values['value-bytes-max'] ?? defaults.valueBytesMax,
    logLevel: values['log-level'] ?? 'info',
    logFormat: values['log-format'] ?? 'json',
    insecure: values.insecure ?? false,
    replacedAddresses: replaced,
    advertised: values['http-advertise'] !== undefined || !isWildcard(http.host),
  } as const;
}
