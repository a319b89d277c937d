/**
 * Answers for connections whose bytes never became a request: garbage, oversized headers, requests
 * that do not arrive in time. There is no response object yet, so the bytes are written by hand,
 * and only when that cannot be taken for the answer to an earlier request of the connection: a
 * client that pipelines must never read "not applied" about a write that is still under way.
 */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type ProblemCode, type ProblemFacts, problemBody, problems } from './problems.js';

export interface SocketErrorOptions {
  readonly node: number;
  readonly newId: () => string;
  readonly onMalformed: (code: ProblemCode) => void;
}

/** What node attaches to a socket while a response is due on it. */
interface PendingResponse {
  readonly headersSent: boolean;
  readonly req: { readonly complete: boolean };
}

export function socketErrorHandler(
  options: SocketErrorOptions,
): (error: Error & { code?: string; reason?: string }, socket: Socket) => void {
  return (error, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable || socket.destroyed) {
      socket.destroy();
      return;
    }
    const { code, facts } = classify(error);
    options.onMalformed(code);
    if (!mayAnswer(socket)) {
      socket.destroy();
      return;
    }
    socket.end(answer(code, facts, options));
    // What the client still sends is not read, and a client that never closes is not waited for.
    socket.destroySoon();
  };
}

/**
 * Nothing is due on the connection, or what is due first is the very request that failed: its body
 * was not complete, so it was not handed on.
 */
function mayAnswer(socket: Socket): boolean {
  const { _httpMessage: pending } = socket as { _httpMessage?: PendingResponse | null };
  if (pending === null || pending === undefined) return true;
  return !pending.headersSent && !pending.req.complete;
}

function classify(error: Error & { code?: string; reason?: string }): {
  readonly code: ProblemCode;
  readonly facts: ProblemFacts;
} {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return { code: 'headers_too_large', facts: { limit: 'headerBytesMax' } };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { code: 'request_timeout', facts: {} };
    case 'HPE_INVALID_VERSION':
      return { code: 'http_version_not_supported', facts: {} };
    case 'HPE_INVALID_URL':
      return {
        code: 'malformed_request',
        facts: { detail: 'The request target has a byte that must be percent-encoded.' },
      };
    case 'HPE_INVALID_EOF_STATE':
      return { code: 'incomplete_body', facts: {} };
    default: {
      const reason = error.reason ?? 'not HTTP/1.1';
      return { code: 'malformed_request', facts: { detail: `Not an HTTP request: ${reason}.` } };
    }
  }
}

function answer(code: ProblemCode, facts: ProblemFacts, options: SocketErrorOptions): string {
  const { status } = problems[code];
  const id = options.newId();
  const body = problemBody(code, facts, { id, instance: '/' });
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Date: ${new Date().toUTCString()}`,
    `Kvorum-Node: ${options.node}`,
    `Kvorum-Request-Id: ${id}`,
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
