/**
 * One established stream between two nodes, on either side of it.
 *
 * The dialling side sends messages and requests, the accepting side answers; both ping and both
 * watch for silence. At most one frame is inside the socket: everything else waits in the outbox,
 * where it is counted, and where a request is still known not to have been sent.
 */
import type { Clock } from '../clock.js';
import { invariant } from '../core/invariant.js';
import { frameHeaderBytes } from './frame.js';
import type { FrameScratch } from './frame-scratch.js';
import type { FramedSocket } from './framed-socket.js';
import type { Hello } from './hello.js';
import type { TransportLimits } from './limits.js';
import { messageBytes } from './message-codec.js';
import { Outbox } from './outbox.js';
import { OutgoingRequest } from './outgoing-request.js';
import {
  decodeRecords,
  FailureCode,
  type FrameContent,
  requestBytesOverhead,
} from './record-codec.js';
import { RequestTable } from './request-table.js';
import { type GroupMessage, RequestError, type RequestOptions } from './types.js';

export interface LinkUser {
  onContent(link: Link, content: FrameContent): void;
  /** Told once; the link's requests have failed already. */
  onClosed(link: Link, reason: string): void;
}

export interface LinkOptions {
  readonly socket: FramedSocket;
  /** What the other side said of itself. */
  readonly hello: Hello;
  readonly clock: Clock;
  readonly limits: TransportLimits;
  readonly scratch: FrameScratch;
  readonly user: LinkUser;
}

export class Link {
  readonly hello: Hello;
  readonly openedAtMs: number;
  roundTripMs: number | undefined;
  readonly #socket: FramedSocket;
  readonly #clock: Clock;
  readonly #limits: TransportLimits;
  readonly #scratch: FrameScratch;
  readonly #user: LinkUser;
  readonly #outbox: Outbox;
  readonly #requests: RequestTable;
  readonly #queueBytesMax: number;
  /** The socket still holds the last frame. */
  #busy = false;
  #flushDue = false;
  #paused = false;
  #pingNumber = 0;
  #pingSentMs = 0;
  #heardMs: number;
  #chunksHeard = 0;
  #lastRequestId = 0;
  /** Requests given to the user that it has not answered yet. */
  #unanswered = 0;
  #otherSideLeaves = false;
  /** Set once this side leaves; called when the link is closed. */
  #left: (() => void) | undefined;
  #ended = false;

  constructor(options: LinkOptions) {
    this.hello = options.hello;
    this.#socket = options.socket;
    this.#clock = options.clock;
    this.#limits = options.limits;
    this.#scratch = options.scratch;
    this.#user = options.user;
    this.#outbox = new Outbox(options.limits.frameBytesTarget);
    this.#requests = new RequestTable(options.clock);
    const { controlQueueBytesMax, bulkQueueBytesMax } = options.limits;
    const control = options.hello.stream === 'control';
    this.#queueBytesMax = control ? controlQueueBytesMax : bulkQueueBytesMax;
    this.openedAtMs = this.#clock.monotonicMs();
    this.#heardMs = this.openedAtMs;
    this.#socket.user = {
      onFrame: (payload) => this.#onFrame(payload),
      onClosed: (reason) => this.#onClosed(reason),
      onDrained: () => this.#onDrained(),
    };
    this.#socket.raiseLimit(options.limits.frameBytesMax);
    this.#ping(this.openedAtMs);
  }

  get closed(): boolean {
    return this.#socket.closed;
  }

  /** Everything that waits for the network, the socket's own buffer included. */
  get queuedBytes(): number {
    return this.#outbox.queuedBytes + this.#socket.unsentBytes;
  }

  get queuedAnswers(): number {
    return this.#outbox.queuedAnswers;
  }

  /** How many of the messages were taken is `messages.length` minus the result. */
  send(messages: readonly GroupMessage[]): number {
    let dropped = 0;
    for (const item of messages) {
      const bytes = messageBytes(item.message);
      if (bytes > this.#limits.frameBytesMax || !this.#hasRoom(bytes)) dropped++;
      else this.#outbox.addMessage(item, bytes);
    }
    this.#flush();
    return dropped;
  }

  request(body: Uint8Array, options: RequestOptions): Promise<Buffer> {
    invariant(options.timeoutMs >= 0, 'a request has a time');
    const { requestTimeoutMsMax } = this.#limits;
    const bytes = requestBytesOverhead + body.length;
    if (this.closed || this.#otherSideLeaves) {
      const why = this.closed ? 'the stream is closed' : leavingText;
      return Promise.reject(new RequestError('not-sent', why));
    }
    if (bytes > this.#limits.frameBytesMax) {
      const why = `a request of ${body.length} bytes does not fit a frame`;
      return Promise.reject(new RequestError('not-sent', why));
    }
    if (this.#requests.size >= this.#limits.requestsWaitingMax || !this.#hasRoom(bytes)) {
      return Promise.reject(new RequestError('queue-full', 'the queue to this node is full'));
    }
    return new Promise((resolve, reject) => {
      const nowMs = this.#clock.monotonicMs();
      const deadlineMs = nowMs + Math.min(options.timeoutMs, requestTimeoutMsMax);
      const id = this.#requests.takeId();
      const request = new OutgoingRequest({ id, body, deadlineMs, resolve, reject });
      this.#requests.add(request, nowMs);
      this.#outbox.addRequest(request);
      this.#flushSoon();
    });
  }

  /** Answers of one event-loop pass share a frame. */
  answer(id: number, result: Uint8Array | FailureCode): void {
    this.#unanswered--;
    if (this.closed) return;
    const fits =
      typeof result === 'number' ||
      (requestBytesOverhead + result.length <= this.#limits.frameBytesMax &&
        this.#hasRoom(result.length));
    this.#outbox.addAnswer(id, fits ? result : FailureCode.lost);
    // The other side asks without reading the answers: stop listening until it does.
    if (!this.#paused && this.queuedAnswers > 2 * this.#limits.requestsInProgressMax) {
      this.#paused = true;
      this.#socket.pause();
    }
    this.#flushSoon();
  }

  /**
   * Once per ping interval. Silence is measured in ticks that saw no bytes, so a process that was
   * itself paused reads what waits in its sockets before it judges the others.
   */
  tick(nowMs: number, sinceLastMs: number): void {
    const { silenceMs, pingIntervalMs } = this.#limits;
    if (this.#socket.chunksHeard !== this.#chunksHeard) {
      this.#chunksHeard = this.#socket.chunksHeard;
      this.#heardMs = nowMs;
    } else if (sinceLastMs > 2 * pingIntervalMs) {
      this.#heardMs = Math.max(this.#heardMs, nowMs - silenceMs + pingIntervalMs);
    }
    if (nowMs - this.#heardMs >= silenceMs) {
      this.close(`nothing was heard for ${silenceMs} ms`);
      return;
    }
    this.#ping(nowMs);
  }

  /**
   * Looks at nothing more that comes in, and says up to which request it did, so that the others
   * can go elsewhere; closes when the answers under way are with the other side, at the latest
   * after `leaveMs`. Resolves then. A closed socket alone would leave the sender of a request that
   * was on its way to guess (HTTP/2 has GOAWAY for this, RFC 9113 section 6.8).
   */
  leave(reason: string): Promise<void> {
    if (this.closed) return Promise.resolve();
    this.#outbox.leaving = this.#lastRequestId;
    const cancel = this.#clock.after(this.#limits.leaveMs, () => this.close(reason));
    const left = new Promise<void>((resolve) => {
      this.#left = () => {
        cancel();
        resolve();
      };
    });
    this.#flush();
    return left;
  }

  close(reason: string): void {
    this.#socket.close(reason);
  }

  #ping(nowMs: number): void {
    this.#pingSentMs = nowMs;
    this.#outbox.ping = ++this.#pingNumber;
    this.#flushSoon();
  }

  #hasRoom(bytes: number): boolean {
    return this.queuedBytes + bytes <= this.#queueBytesMax;
  }

  #flushSoon(): void {
    if (this.#flushDue) return;
    this.#flushDue = true;
    this.#clock.soon(this.#flushNow);
  }

  readonly #flushNow = (): void => {
    this.#flushDue = false;
    this.#flush();
  };

  #flush(): void {
    while (!this.#busy && !this.#ended && !this.#socket.closed && !this.#outbox.empty) {
      const nowMs = this.#clock.monotonicMs();
      const frame = this.#outbox.encodeFrame(this.#scratch.writer, nowMs);
      if (frame.length === frameHeaderBytes) continue;
      const taken = this.#socket.write(frame);
      this.#scratch.release(taken);
      this.#busy = !taken;
    }
    if (this.#left !== undefined) this.#endWhenAnswered();
  }

  #endWhenAnswered(): void {
    if (this.#ended || this.#busy || this.#unanswered > 0 || !this.#outbox.empty) return;
    this.#ended = true;
    this.#socket.end();
  }

  #onDrained(): void {
    this.#busy = false;
    this.#flush();
    if (this.#paused && this.queuedAnswers <= this.#limits.requestsInProgressMax) {
      this.#paused = false;
      this.#socket.resume();
    }
  }

  #onFrame(payload: Buffer): void {
    if (this.#left !== undefined) return;
    const content = decodeRecords(payload);
    if (typeof content === 'string') {
      this.close(`a frame cannot be read: ${content}`);
      return;
    }
    if (content.ping !== undefined) {
      this.#outbox.pong = content.ping;
      this.#flushSoon();
    }
    if (content.pong === this.#pingNumber) {
      this.roundTripMs = this.#clock.monotonicMs() - this.#pingSentMs;
    }
    for (const answer of content.answers) this.#requests.settle(answer);
    if (content.leaving !== undefined) {
      this.#otherSideLeaves = true;
      this.#requests.refuseAfter(content.leaving, leavingText);
    }
    this.#unanswered += content.requests.length;
    this.#lastRequestId = content.requests.at(-1)?.id ?? this.#lastRequestId;
    this.#user.onContent(this, content);
  }

  #onClosed(reason: string): void {
    this.#requests.failAll(reason);
    this.#user.onClosed(this, reason);
    this.#left?.();
  }
}

const leavingText = 'the other node is closing and did not look at it';
