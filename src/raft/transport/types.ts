/**
 * What the host and the router see of the network between nodes. Messages may be lost, repeated,
 * delayed and reordered across streams; a request is answered at most once.
 */
import type { GroupId, Message, NodeId } from '../core/types.js';

export interface GroupMessage {
  readonly group: GroupId;
  readonly message: Message;
}

export interface PeerAddress {
  readonly node: NodeId;
  /** `host:port` of the peer port as *this* node reaches it (a proxy or NAT may stand between). */
  readonly address: string;
}

/** What a peer tells of itself in the handshake; soft state for hints and status pages. */
export interface PeerInfo {
  readonly node: NodeId;
  readonly httpAddress: string;
  readonly version: string;
}

export type RequestFailure =
  /** No connection, or the receiver left without looking at it: it surely was not processed. */
  | 'not-sent'
  /** The queue to this peer is full: it surely did not arrive. */
  | 'queue-full'
  /** It left, and the link or the time ran out before the answer. */
  | 'unknown';

export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly failure: RequestFailure;
  constructor(failure: RequestFailure, message: string) {
    super(message);
    this.failure = failure;
  }
}

export interface RequestOptions {
  /** Time left for the answer; travels as a duration, never as a point in time. */
  readonly timeoutMs: number;
}

/** What a received request brings along. `body` may be kept; it is not reused. */
export interface IncomingRequest {
  readonly from: NodeId;
  readonly body: Buffer;
  /** Time left when it arrived. */
  readonly timeoutMs: number;
}

/** The receiving side; set once, before `open`. Called from socket events: enqueue, do not work. */
export interface TransportHandler {
  onMessages(from: NodeId, messages: readonly GroupMessage[]): void;
  /** The promise's value is sent back; a rejection is answered as a lost request. */
  onRequest(request: IncomingRequest): Promise<Uint8Array>;
  /** The link to this node went down or cannot be made; told once per loss. */
  onUnreachable(node: NodeId): void;
}

export interface PeerStatus {
  readonly node: NodeId;
  readonly address: string;
  readonly connected: boolean;
  readonly info: PeerInfo | undefined;
  /** The last refusal or error, in words for an operator; undefined while connected. */
  readonly lastError: string | undefined;
  readonly queuedBytes: number;
  readonly droppedMessages: number;
  readonly roundTripMs: number | undefined;
}

export interface Transport {
  open(handler: TransportHandler): Promise<void>;
  /**
   * Queues one frame with the messages of a turn. Never blocks and never throws for a peer that
   * is away: what does not fit is dropped and counted. Heartbeats and their answers become one
   * compact record for all groups.
   */
  send(node: NodeId, messages: readonly GroupMessage[]): void;
  /** Rejects with RequestError. Requests of one turn to one node share a frame. */
  request(node: NodeId, body: Uint8Array, options: RequestOptions): Promise<Buffer>;
  peers(): readonly PeerStatus[];
  close(): Promise<void>;
}
