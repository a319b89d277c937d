/**
 * Every bound of the transport under one name, with its default, and the relations between them.
 */
import { invariant } from '../core/invariant.js';

export interface TransportLimits {
  /** Waiting on a control stream: a heartbeat never stands behind more than this. */
  readonly controlQueueBytesMax: number;
  /** Waiting on a bulk stream, in either direction. */
  readonly bulkQueueBytesMax: number;
  /** A larger append takes the bulk stream. */
  readonly controlAppendBytesMax: number;
  /** How long the appends of a group stay on the bulk stream after a large one (see DESIGN.md). */
  readonly appendFollowsBulkMs: number;
  /** The largest payload of a frame; a length above it closes the stream before any allocation. */
  readonly frameBytesMax: number;
  /** A frame is closed once it has grown to this, unless it holds one larger record. */
  readonly frameBytesTarget: number;
  /** The largest payload before the other side has proved the secret. */
  readonly handshakeFrameBytesMax: number;
  /** Accepted sockets that have not proved the secret yet. */
  readonly handshakesMax: number;
  readonly handshakeTimeoutMs: number;
  /** Requests of this node to one peer that wait for an answer. */
  readonly requestsWaitingMax: number;
  /** A longer time for an answer is cut to this. */
  readonly requestTimeoutMsMax: number;
  /** Requests of one peer this node works on, answers not yet handed to the socket included. */
  readonly requestsInProgressMax: number;
  readonly requestBytesInProgressMax: number;
  /** How long a closing node waits until its answers are sent and the peer has read them. */
  readonly leaveMs: number;
  readonly pingIntervalMs: number;
  /** A stream on which nothing was heard for this long is closed. */
  readonly silenceMs: number;
  readonly backOffMinMs: number;
  readonly backOffMaxMs: number;
  /** A stream that lived this long makes the next back-off start from the beginning. */
  readonly connectionGoodMs: number;
}

const KiB = 1024;
const MiB = 1024 * KiB;

export const defaultTransportLimits: TransportLimits = {
  controlQueueBytesMax: 1 * MiB,
  bulkQueueBytesMax: 32 * MiB,
  controlAppendBytesMax: 64 * KiB,
  appendFollowsBulkMs: 200,
  frameBytesMax: 8 * MiB,
  frameBytesTarget: 256 * KiB,
  handshakeFrameBytesMax: 4 * KiB,
  handshakesMax: 64,
  handshakeTimeoutMs: 5_000,
  requestsWaitingMax: 65_536,
  requestTimeoutMsMax: 3_600_000,
  requestsInProgressMax: 4_096,
  requestBytesInProgressMax: 32 * MiB,
  leaveMs: 500,
  pingIntervalMs: 1_000,
  silenceMs: 3_000,
  backOffMinMs: 50,
  backOffMaxMs: 1_000,
  connectionGoodMs: 1_000,
};

/** The defaults with changes; relations that must hold are checked at start (habit: early). */
export function transportLimits(changes: Partial<TransportLimits> = {}): TransportLimits {
  const limits = { ...defaultTransportLimits, ...changes };
  for (const [name, value] of Object.entries(limits)) {
    invariant(Number.isSafeInteger(value) && value > 0, `${name} is a whole number above 0`);
  }
  // Pings are the only traffic of an idle stream, so two may be lost before it counts as silent.
  invariant(limits.silenceMs >= 2 * limits.pingIntervalMs, 'a silent stream has missed pings');
  invariant(limits.frameBytesTarget <= limits.frameBytesMax, 'a closed frame is a legal frame');
  invariant(limits.controlAppendBytesMax < limits.controlQueueBytesMax, 'a control append fits');
  invariant(limits.controlQueueBytesMax <= limits.frameBytesMax, 'all heartbeats fit one frame');
  invariant(limits.backOffMinMs <= limits.backOffMaxMs, 'the back-off rises');
  return limits;
}
