/**
 * Every limit of the HTTP side by name, with its default. `checkLimits` compares them with each
 * other at start, so that two settings that cannot both hold are an error and not a riddle later.
 */
import { invariant } from '../raft/core/invariant.js';

/** Part of the data format: never configurable, never narrowed. */
export const keyBytesMax = 1024;
/** A kept `Content-Type` travels through the log with every value. */
export const contentTypeBytesMax = 256;
export const requestIdBytesMax = 64;

export interface HttpLimits {
  readonly valueBytesMax: number;
  /** `/v1/kv` requests that wait for their answer; more are refused with 429. */
  readonly requestsInFlightMax: number;
  /** The same for all other routes, so that a full data path still shows its metrics. */
  readonly otherRequestsInFlightMax: number;
  /** Body of a request under `/admin/v1`. */
  readonly adminBodyBytesMax: number;
  /** Received bytes of request bodies, over all requests, until they are answered. */
  readonly bodyBytesInFlightMax: number;
  /** Bytes of answers that clients have not taken yet; more reads are refused with 429. */
  readonly answerBytesUnsentMax: number;
  /** Connections over this are closed unanswered. */
  readonly connectionsMax: number;
  /** Request line and headers together; more is 431. */
  readonly headerBytesMax: number;
  readonly headerCountMax: number;
  /** From the first byte of a request to the end of its headers; then 408. */
  readonly headersTimeoutMs: number;
  /** From the first byte of a request to the end of its body; then 408. */
  readonly requestTimeoutMs: number;
  /** How late after the two above the connection is noticed. */
  readonly timeoutCheckMs: number;
  /** An idle connection between two requests. */
  readonly keepAliveTimeoutMs: number;
  /** A connection on which nothing moves at all, for example a client that does not read. */
  readonly socketIdleTimeoutMs: number;
  /** `Kvorum-Timeout`: default and range. */
  readonly timeoutMsDefault: number;
  readonly timeoutMsMin: number;
  readonly timeoutMsMax: number;
  /** Past its time and this long, a request is answered here without the service. */
  readonly timeoutGraceMs: number;
  /** How long and how much of a refused body is read, so that the client sees the answer. */
  readonly lingerMs: number;
  readonly lingerBytesMax: number;
  /** `close` serves open connections for this long, and ends each with its next answer. */
  readonly drainMs: number;
  /** `close` waits this long for requests in flight, then cuts them. */
  readonly closeWaitMs: number;
  /** Log lines for failed requests; the rest is counted in the next line. */
  readonly failureLogLinesPerSecondMax: number;
}

export const defaultLimits: HttpLimits = {
  valueBytesMax: 1024 * 1024,
  requestsInFlightMax: 10_000,
  otherRequestsInFlightMax: 256,
  adminBodyBytesMax: 16 * 1024,
  bodyBytesInFlightMax: 64 * 1024 * 1024,
  answerBytesUnsentMax: 64 * 1024 * 1024,
  connectionsMax: 16_384,
  headerBytesMax: 16 * 1024,
  headerCountMax: 100,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  timeoutCheckMs: 2_000,
  keepAliveTimeoutMs: 65_000,
  socketIdleTimeoutMs: 90_000,
  timeoutMsDefault: 5_000,
  timeoutMsMin: 10,
  timeoutMsMax: 60_000,
  timeoutGraceMs: 1_000,
  lingerMs: 2_000,
  lingerBytesMax: 16 * 1024 * 1024,
  drainMs: 500,
  closeWaitMs: 5_000,
  failureLogLinesPerSecondMax: 100,
};

export function checkLimits(limits: HttpLimits): void {
  for (const [name, value] of Object.entries(limits)) {
    invariant(Number.isSafeInteger(value) && value > 0, `limit ${name} is a positive integer`);
  }
  invariant(
    limits.valueBytesMax <= limits.bodyBytesInFlightMax,
    'valueBytesMax <= bodyBytesInFlightMax: else the largest value could never be written',
  );
  invariant(
    limits.valueBytesMax <= limits.answerBytesUnsentMax,
    'valueBytesMax <= answerBytesUnsentMax: else the largest value could never be read',
  );
  invariant(
    limits.headerBytesMax >= 3 * keyBytesMax + 4096,
    'headerBytesMax holds the longest key, percent-encoded, and ordinary headers',
  );
  invariant(
    limits.timeoutMsMin <= limits.timeoutMsDefault &&
      limits.timeoutMsDefault <= limits.timeoutMsMax,
    'timeoutMsMin <= timeoutMsDefault <= timeoutMsMax',
  );
  invariant(
    limits.timeoutMsMax + limits.timeoutGraceMs < limits.socketIdleTimeoutMs,
    'timeoutMsMax + timeoutGraceMs < socketIdleTimeoutMs: a waiting request keeps its connection',
  );
  invariant(
    limits.keepAliveTimeoutMs < limits.socketIdleTimeoutMs,
    'keepAliveTimeoutMs < socketIdleTimeoutMs',
  );
  invariant(
    limits.headersTimeoutMs <= limits.requestTimeoutMs,
    'headersTimeoutMs <= requestTimeoutMs',
  );
}
