/**
 * The rules of the handshake, without sockets: who is let in, and how the secret is proved.
 *
 * Both proofs cover the exact text of both hellos, nonces included, and a label for the side that
 * proves. So a proof serves one stream once: it cannot be replayed (the other nonce is new),
 * reflected (the label differs) or moved to another pair, stream or cluster (all are in the text).
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { NodeId } from '../core/types.js';
import { type ByteReader, FormatError } from './byte-reader.js';
import { type ByteWriter, varintBytesMax } from './byte-writer.js';
import { beginFrame, endFrame } from './frame.js';
import type { Hello, HelloSelf } from './hello.js';
import { RecordType } from './record-type.js';
import { parseRefusal, type Refusal, refusal } from './refusal.js';

export const proofBytes = 32;
/** A shorter secret could be guessed from one recorded proof. */
export const secretBytesMin = 16;

export type ProofSide = 'dialler' | 'acceptor';

export interface HelloTexts {
  readonly dialler: string;
  readonly acceptor: string;
}

export function prove(secret: Buffer, side: ProofSide, hellos: HelloTexts): Buffer {
  // Neither base64url nor the label contains a line break, so the parts cannot run together.
  const text = `kvorum peer proof 1 ${side}\n${hellos.dialler}\n${hellos.acceptor}`;
  return createHmac('sha256', secret).update(text).digest();
}

export function isProved(proof: Buffer, secret: Buffer, side: ProofSide, texts: HelloTexts) {
  const expected = prove(secret, side, texts);
  return proof.length === expected.length && timingSafeEqual(proof, expected);
}

/** What an acceptor checks before anything is proved: none of it needs the secret. */
export function checkDialler(
  hello: Hello,
  self: HelloSelf,
  isMember: (node: NodeId) => boolean,
): Refusal | undefined {
  if (hello.cluster !== self.cluster) {
    return refusal(
      'wrong-cluster',
      `node ${self.node} belongs to cluster "${self.cluster}", ` +
        `node ${hello.from} to cluster "${hello.cluster}"`,
    );
  }
  if (hello.to !== self.node) {
    return refusal(
      'wrong-target',
      `this is node ${self.node}, but node ${hello.from} dialled this address for ` +
        `node ${hello.to}: check the peer addresses`,
    );
  }
  if (hello.from === self.node) {
    return refusal('duplicate-process', `node id ${self.node} is already taken by this process`);
  }
  if (!isMember(hello.from)) {
    return refusal(
      'unknown-node',
      `node ${hello.from} is not in the cluster configuration of node ${self.node}`,
    );
  }
  return checkConfiguration(hello, self);
}

/** What a dialler checks of the answer, after its proof held. */
export function checkAcceptor(hello: Hello, self: HelloSelf, node: NodeId): Refusal | undefined {
  if (hello.cluster !== self.cluster) {
    return refusal('wrong-cluster', `node ${node} belongs to cluster "${hello.cluster}"`);
  }
  if (hello.from !== node || hello.to !== self.node) {
    return refusal('wrong-target', `node ${hello.from} answered where node ${node} was dialled`);
  }
  return checkConfiguration(hello, self);
}

function checkConfiguration(hello: Hello, self: HelloSelf): Refusal | undefined {
  if (hello.configuration === self.configuration) return undefined;
  return refusal(
    'configuration-differs',
    `nodes ${self.node} and ${hello.from} were started with different cluster configurations; ` +
      'compare the settings that are fixed for the whole cluster ' +
      `(digests "${self.configuration.slice(0, 12)}" and "${hello.configuration.slice(0, 12)}")`,
  );
}

export function reusedNodeId(node: NodeId, known: string, now: string): Refusal {
  return refusal(
    'reused-node-id',
    `node id ${node} belongs to data folder ${known}, but came with data folder ${now}; ids are ` +
      'never reused: give the new data folder a new node id',
  );
}

export function wrongSecret(node: NodeId, self: NodeId): Refusal {
  return refusal('wrong-secret', `nodes ${self} and ${node} do not have the same cluster secret`);
}

export function duplicateProcess(node: NodeId): Refusal {
  return refusal(
    'duplicate-process',
    `another live process is connected as node ${node}; if that one was just stopped, this ` +
      'passes within seconds',
  );
}

export type HandshakeRecord =
  | { readonly type: 'proof'; readonly proof: Buffer }
  | { readonly type: 'welcome' }
  | { readonly type: 'refused'; readonly refusal: Refusal };

export function encodeHandshake(writer: ByteWriter, record: HandshakeRecord): Buffer {
  beginFrame(writer);
  writer.ensure(1 + varintBytesMax);
  switch (record.type) {
    case 'proof':
      writer.u8(RecordType.proof);
      writer.ensure(proofBytes);
      writer.bytes(record.proof);
      break;
    case 'welcome':
      writer.u8(RecordType.welcome);
      break;
    case 'refused': {
      const { code, message } = record.refusal;
      const text = Buffer.from(JSON.stringify({ code, message }), 'utf8');
      writer.u8(RecordType.refused);
      writer.varint(text.length);
      writer.ensure(text.length);
      writer.bytes(text);
    }
  }
  return endFrame(writer);
}

/** The one record of a handshake frame; a string says what is wrong with it. */
export function decodeHandshake(reader: ByteReader): HandshakeRecord | string {
  try {
    const record = decodeRecord(reader);
    return reader.done ? record : 'a handshake frame holds more than one record';
  } catch (error) {
    if (error instanceof FormatError) return error.message;
    throw error;
  }
}

function decodeRecord(reader: ByteReader): HandshakeRecord {
  const type = reader.u8();
  switch (type) {
    case RecordType.proof:
      return { type: 'proof', proof: reader.bytes(proofBytes) };
    case RecordType.welcome:
      return { type: 'welcome' };
    case RecordType.refused: {
      const refused = parseRefusal(reader.bytes(reader.varint()).toString('utf8'));
      return refused === undefined
        ? reader.fail('a refusal cannot be read')
        : { type: 'refused', refusal: refused };
    }
    default:
      return reader.fail(`record type ${type} does not belong into a handshake`);
  }
}
