/** The entries of the node list and of the addresses that replace its own. */
import { formatAddress, parseAddress } from './address.js';

export interface ConfiguredNode {
  readonly node: number;
  /** The canonical `host:port` of its peer port. */
  readonly address: string;
  /** Failure domain; the node's own id unless told otherwise. */
  readonly zone: string;
  /** Share of the shards in relation to the other nodes. */
  readonly weight: number;
}

const weightMax = 1000;

/** `ID@HOST:PORT[,zone=Z][,weight=W]`. Undefined when it is not that. */
export function parseNode(text: string): ConfiguredNode | undefined {
  const [head = '', ...options] = text.split(',');
  const at = head.indexOf('@');
  const node = parseNodeId(head.slice(0, Math.max(at, 0)));
  const address = parseAddress(head.slice(at + 1));
  const named = new Map(options.map((option) => splitOnce(option, '=')));
  const known = [...named.keys()].every((name) => name === 'zone' || name === 'weight');
  if (node === undefined || !address || !known || named.size !== options.length) return undefined;
  const zone = named.get('zone') ?? String(node);
  const weightText = named.get('weight') ?? '1';
  const weight = /^\d{1,4}$/.test(weightText) ? Number(weightText) : 0;
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(zone) || weight < 1 || weight > weightMax) return undefined;
  return { node, address: formatAddress(address), zone, weight };
}

export interface NodeAddress {
  readonly node: number;
  readonly address: string;
}

/** `ID=HOST:PORT`. Undefined when it is not that. */
export function parseNodeAddress(text: string): NodeAddress | undefined {
  const [id, rest] = splitOnce(text, '=');
  const node = parseNodeId(id);
  const address = parseAddress(rest);
  return node === undefined || !address ? undefined : { node, address: formatAddress(address) };
}

function parseNodeId(text: string): number | undefined {
  const id = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return id >= 1 && id <= 65_535 ? id : undefined;
}

function splitOnce(text: string, separator: string): [before: string, after: string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
