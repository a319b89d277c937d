/**
 * One HTTP request on a connection of its own. `node:http` sends the path as it is, which `fetch`
 * does not: `a//b`, `..` and `%2E` are keys here. A failure says whether a byte may have left.
 */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';

export interface HttpRequest {
  /** `http://host:port`, nothing behind it. */
  readonly url: string;
  readonly method: 'GET' | 'PUT' | 'DELETE' | 'POST';
  /** Percent-encoded. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** For the whole exchange. */
  readonly timeoutMs: number;
  /** For the connection alone, when there is another node to try. */
  readonly connectTimeoutMs?: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  /** False: there was no connection, so the request surely did not arrive. */
  readonly sent: boolean;
  constructor(message: string, sent: boolean) {
    super(message);
    this.sent = sent;
  }
}

/** Values are limited by the server to far less; anything beyond is not a Kvorum node. */
const answerBytesMax = 64 * 1024 ** 2;

export function request(options: HttpRequest): Promise<HttpAnswer> {
  const { hostname, port } = new URL(options.url);
  const { promise, resolve, reject } = deferred<HttpAnswer>();
  let connected = false;
  const outgoing = httpRequest({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? 80 : Number(port),
    method: options.method,
    path: options.path,
    agent: false,
    headers: {
      ...options.headers,
      ...(options.body && { 'Content-Length': String(options.body.length) }),
    },
  });
  const fail = (message: string) => {
    reject(new HttpFailure(message, connected));
    outgoing.destroy();
  };
  const timers = [
    setTimeout(() => fail(`no answer within ${options.timeoutMs} ms`), options.timeoutMs),
  ];
  if (options.connectTimeoutMs !== undefined) {
    const { connectTimeoutMs } = options;
    timers.push(
      setTimeout(() => {
        if (!connected) fail(`no connection within ${connectTimeoutMs} ms`);
      }, connectTimeoutMs),
    );
  }
  outgoing.once('socket', (socket) => {
    socket.once('connect', () => {
      connected = true;
    });
  });
  outgoing.once('error', (error) => fail(describe(error)));
  outgoing.once('response', (incoming) => {
    const chunks: Buffer[] = [];
    let length = 0;
    incoming.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > answerBytesMax) fail(`the answer is longer than ${answerBytesMax} bytes`);
      else chunks.push(chunk);
    });
    incoming.once('error', (error) => fail(describe(error)));
    incoming.once('end', () =>
      resolve({
        status: incoming.statusCode ?? 0,
        headers: incoming.headers,
        body: Buffer.concat(chunks),
      }),
    );
  });
  outgoing.end(options.body);
  return promise.finally(() => {
    for (const timer of timers) clearTimeout(timer);
  });
}

function describe(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'nobody listens there';
    case 'ENOTFOUND':
      return 'the host name does not resolve';
    case 'ECONNRESET':
      return 'the connection was lost';
    default:
      return error.message || (error.code ?? 'the connection failed');
  }
}

function deferred<T>() {
  let resolve: (value: T) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
