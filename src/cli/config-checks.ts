/** What the settings of a node must hold together. */
import { formatAddress, isLoopback } from './address.js';
import type { Given } from './config-defaults.js';
import type { RawValue } from './config-sources.js';
import type { SettingName } from './settings.js';
import { formatSize } from './size.js';

/** A log segment must hold a batch with the largest value and leave room beside it. */
const valuesPerSegmentMin = 4;

export function crossCheck(given: Given, raw: ReadonlyMap<SettingName, RawValue>): string[] {
  const from = (name: SettingName) => {
    const source = raw.get(name)?.source;
    return source === undefined ? '(the default)' : `(from ${source})`;
  };
  return [
    ...checkNodes(given, from),
    ...checkPeerAddresses(given, from),
    ...checkExposure(given, from),
    ...checkSizes(given, from),
  ];
}

type From = (name: SettingName) => string;

function checkNodes({ nodes, nodeId }: Given, from: From): string[] {
  if (nodes.length === 0) return [];
  const problems: string[] = [];
  const ids = nodes.map(({ node }) => node);
  if (nodeId !== undefined && !ids.includes(nodeId)) {
    const listed = `${from('node')} has ${[...new Set(ids)].join(', ')}`;
    problems.push(`node-id is ${nodeId} ${from('node-id')}, but the node list ${listed}.`);
  }
  for (const id of repeated(ids)) {
    problems.push(`node names id ${id} twice ${from('node')}; every node has its own id.`);
  }
  for (const address of repeated(nodes.map((node) => node.address))) {
    problems.push(`node names ${address} twice ${from('node')}; every node has its own address.`);
  }
  return problems;
}

function checkPeerAddresses({ nodes, nodeId, replacedAddresses }: Given, from: From): string[] {
  const where = from('peer-address');
  const ids = new Set(nodes.map(({ node }) => node));
  const problems = repeated(replacedAddresses.map(({ node }) => node)).map(
    (id) => `peer-address names node ${id} twice ${where}.`,
  );
  for (const { node, address } of replacedAddresses) {
    const entry = `peer-address is "${node}=${address}" ${where}`;
    if (node === nodeId) problems.push(`${entry}, but ${node} is this node itself.`);
    else if (!ids.has(node)) problems.push(`${entry}, but the node list has no node ${node}.`);
  }
  return problems;
}

function checkExposure(given: Given, from: From): string[] {
  const problems: string[] = [];
  for (const name of ['http', 'peer'] as const) {
    const address = given[name];
    if (!given.insecure && !isLoopback(address.host)) {
      problems.push(
        `${name} is "${formatAddress(address)}" ${from(name)}, which other machines can reach, ` +
          'and there is no TLS yet; give --insecure too, or use 127.0.0.1.',
      );
    }
  }
  if (!given.advertised) {
    problems.push(
      `http is "${formatAddress(given.http)}" ${from('http')}, which nobody can dial; ` +
        'give --http-advertise HOST:PORT too.',
    );
  }
  if (formatAddress(given.http) === formatAddress(given.peer)) {
    problems.push(
      `http and peer are both "${formatAddress(given.http)}"; each needs its own port.`,
    );
  }
  return problems;
}

function checkSizes({ segmentBytes, valueBytesMax }: Given, from: From): string[] {
  if (valueBytesMax * valuesPerSegmentMin <= segmentBytes) return [];
  return [
    `value-bytes-max is ${formatSize(valueBytesMax)} ${from('value-bytes-max')}, ` +
      `but segment-bytes is ${formatSize(segmentBytes)} ${from('segment-bytes')}; ` +
      `a segment must be at least ${valuesPerSegmentMin} times the largest value.`,
  ];
}

function repeated<T>(items: readonly T[]): T[] {
  return [...new Set(items.filter((item, i) => items.indexOf(item) !== i))];
}
