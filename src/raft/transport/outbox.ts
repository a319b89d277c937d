/**
 * What waits to be written on one stream, and how the next frame is put together from it.
 *
 * Things wait as objects, not as bytes: a request whose time ran out is simply left out, entries
 * are not held twice, and what piles up while the socket is full leaves in large frames.
 */
import { invariant } from '../core/invariant.js';
import type { ByteWriter } from './byte-writer.js';
import { beginFrame, endFrame, frameHeaderBytes } from './frame.js';
import {
  encodeHeartbeatResponses,
  encodeHeartbeats,
  encodeMessage,
  type GroupHeartbeat,
  type GroupHeartbeatResponse,
  heartbeatBytes,
} from './message-codec.js';
import type { OutgoingRequest } from './outgoing-request.js';
import {
  encodeAnswer,
  encodeLeaving,
  encodePing,
  encodePong,
  encodeRequest,
  type FailureCode,
  requestBytesOverhead,
} from './record-codec.js';
import type { GroupMessage } from './types.js';

interface OutgoingMessage {
  readonly kind: 'message';
  readonly item: GroupMessage;
  readonly bytes: number;
}

export interface OutgoingAnswer {
  readonly kind: 'answer';
  readonly id: number;
  readonly result: Uint8Array | FailureCode;
  readonly bytes: number;
}

type Outgoing = OutgoingMessage | OutgoingRequest | OutgoingAnswer;

/** A ring would save nothing: the queue is emptied by most frames, and then starts over. */
const headMax = 1_024;

export class Outbox {
  /** Bytes waiting here; what the socket already holds is not counted. */
  queuedBytes = 0;
  queuedAnswers = 0;
  /** Numbers of a ping to send and of a ping to answer; they never wait for room. */
  ping: number | undefined;
  pong: number | undefined;
  /** The last request that is looked at, when this side leaves; it does not wait either. */
  leaving: number | undefined;
  readonly #bytesTarget: number;
  #heartbeats: GroupHeartbeat[] = [];
  #heartbeatResponses: GroupHeartbeatResponse[] = [];
  #queue: Outgoing[] = [];
  #head = 0;

  constructor(frameBytesTarget: number) {
    this.#bytesTarget = frameBytesTarget;
  }

  get empty(): boolean {
    return (
      this.#head === this.#queue.length &&
      this.#heartbeats.length === 0 &&
      this.#heartbeatResponses.length === 0 &&
      this.ping === undefined &&
      this.pong === undefined &&
      this.leaving === undefined
    );
  }

  addMessage(item: GroupMessage, bytes: number): void {
    this.queuedBytes += bytes;
    if (isHeartbeat(item)) this.#heartbeats.push(item);
    else if (isHeartbeatResponse(item)) this.#heartbeatResponses.push(item);
    else this.#queue.push({ kind: 'message', item, bytes });
  }

  addRequest(request: OutgoingRequest): void {
    this.queuedBytes += request.bytes;
    this.#queue.push(request);
  }

  addAnswer(id: number, result: Uint8Array | FailureCode): void {
    const bytes = requestBytesOverhead + (typeof result === 'number' ? 0 : result.length);
    this.queuedBytes += bytes;
    this.queuedAnswers++;
    this.#queue.push({ kind: 'answer', id, result, bytes });
  }

  /**
   * The next frame: pings, all heartbeats as one record, then the queue in its order until the
   * frame has its size. A view into the writer.
   */
  encodeFrame(writer: ByteWriter, nowMs: number): Buffer {
    beginFrame(writer);
    if (this.ping !== undefined) encodePing(writer, this.ping);
    if (this.pong !== undefined) encodePong(writer, this.pong);
    if (this.leaving !== undefined) encodeLeaving(writer, this.leaving);
    this.ping = undefined;
    this.pong = undefined;
    this.leaving = undefined;
    this.#encodeHeartbeats(writer);
    while (this.#head < this.#queue.length) {
      const next = this.#queue[this.#head];
      invariant(next !== undefined, 'the queue has no holes');
      const filled = writer.position > frameHeaderBytes;
      if (filled && writer.position + next.bytes > this.#bytesTarget) break;
      this.#head++;
      this.queuedBytes -= next.bytes;
      this.#encodeNext(writer, next, nowMs);
    }
    this.#forgetTaken();
    return endFrame(writer);
  }

  #encodeHeartbeats(writer: ByteWriter): void {
    if (this.#heartbeats.length > 0) {
      encodeHeartbeats(writer, this.#heartbeats);
      this.queuedBytes -= this.#heartbeats.length * heartbeatBytes;
      this.#heartbeats = [];
    }
    if (this.#heartbeatResponses.length > 0) {
      encodeHeartbeatResponses(writer, this.#heartbeatResponses);
      this.queuedBytes -= this.#heartbeatResponses.length * heartbeatBytes;
      this.#heartbeatResponses = [];
    }
  }

  #encodeNext(writer: ByteWriter, next: Outgoing, nowMs: number): void {
    switch (next.kind) {
      case 'message':
        encodeMessage(writer, next.item, next.bytes);
        return;
      case 'answer':
        this.queuedAnswers--;
        encodeAnswer(writer, next.id, next.result);
        return;
      case 'request':
        // From here on its bytes may have arrived, whatever happens to the stream.
        if (next.begin(nowMs)) encodeRequest(writer, next);
    }
  }

  #forgetTaken(): void {
    if (this.#head === this.#queue.length) {
      // A new array after a burst, so that the burst's size is not kept for ever.
      if (this.#head > headMax) this.#queue = [];
      else this.#queue.length = 0;
      this.#head = 0;
    } else if (this.#head > headMax && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
  }
}

function isHeartbeat(item: GroupMessage): item is GroupHeartbeat {
  return item.message.type === 'heartbeat';
}

function isHeartbeatResponse(item: GroupMessage): item is GroupHeartbeatResponse {
  return item.message.type === 'heartbeat-response';
}
