/**
 * What the two ends of a stream tell each other first: base64url of a JSON object, in one header
 * of the upgrade request and of its answer (table in DESIGN.md).
 */
import { randomBytes } from 'node:crypto';
import type { NodeId } from '../core/types.js';
import { printable, type Refusal, refusal } from './refusal.js';

/** Raised whenever a byte on the wire changes its meaning. */
export const protocolVersion = 2;
export const nonceBytes = 32;
export const helloCharactersMax = 4_096;
export const nodeIdMax = 65_535;
export const helloTextCharactersMax = 256;

export const streamKinds = ['control', 'bulk'] as const;
export type StreamKind = (typeof streamKinds)[number];

export interface Hello {
  readonly protocol: number;
  readonly cluster: string;
  /** Digest of the fixed cluster configuration. */
  readonly configuration: string;
  readonly from: NodeId;
  readonly to: NodeId;
  readonly stream: StreamKind;
  /** Random id of the sender's data folder. */
  readonly store: string;
  /** Random id of the sender's process. */
  readonly instance: string;
  readonly httpAddress: string;
  readonly version: string;
  /** Fresh for every attempt, so that no proof can be used twice. */
  readonly nonce: string;
}

/** What a node says in every hello. */
export type HelloSelf = Omit<Hello, 'protocol' | 'from' | 'to' | 'stream' | 'nonce'> & {
  readonly node: NodeId;
};

export function makeHello(self: HelloSelf, to: NodeId, stream: StreamKind): Hello {
  const { node, ...rest } = self;
  const nonce = randomBytes(nonceBytes).toString('base64url');
  return { protocol: protocolVersion, ...rest, from: node, to, stream, nonce };
}

export function encodeHello(hello: Hello): string {
  return Buffer.from(JSON.stringify(hello), 'utf8').toString('base64url');
}

export function parseHello(text: string): Hello | Refusal {
  const fields = parseObject(text);
  if (fields === undefined) return refusal('malformed', 'the hello is not a JSON object');
  // Before the other fields: another version may well have other fields.
  if (fields['protocol'] !== protocolVersion) {
    const theirs = printable(String(fields['protocol']).slice(0, 20));
    return refusal(
      'protocol-version',
      `peer protocol ${theirs} is not spoken here, only ${protocolVersion}`,
    );
  }
  const stream = streamKinds.find((kind) => kind === fields['stream']);
  const hello = {
    protocol: protocolVersion,
    cluster: textField(fields['cluster']),
    configuration: textField(fields['configuration']),
    from: nodeField(fields['from']),
    to: nodeField(fields['to']),
    stream,
    store: textField(fields['store']),
    instance: textField(fields['instance']),
    httpAddress: textField(fields['httpAddress']),
    version: textField(fields['version']),
    nonce: nonceField(fields['nonce']),
  };
  for (const [name, value] of Object.entries(hello)) {
    if (value === undefined) return refusal('malformed', `"${name}" of the hello is not valid`);
  }
  return hello as Hello;
}

export function isRefusal(value: object): value is Refusal {
  return 'code' in value;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  if (text.length > helloCharactersMax) return undefined;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
    return parsed as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function textField(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > helloTextCharactersMax) return undefined;
  return printable(value) === value ? value : undefined;
}

function nodeField(value: unknown): NodeId | undefined {
  if (typeof value !== 'number' || !Number.isInteger(value)) return undefined;
  return value >= 1 && value <= nodeIdMax ? value : undefined;
}

function nonceField(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > 64) return undefined;
  return Buffer.from(value, 'base64url').length === nonceBytes ? value : undefined;
}
