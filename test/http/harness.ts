/** Starts a server on a free port with a fake service; speaks to it in requests or raw bytes. */
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import pino from 'pino';
import { createHttpServer, type HttpServerOptions } from '../../src/http/server.js';
import { FakeService } from './fake-service.js';

export interface TestServer {
  readonly service: FakeService;
  readonly port: number;
  readonly logs: Record<string, unknown>[];
  request(method: string, path: string, options?: TestRequest): Promise<TestAnswer>;
  /** Sends bytes, ends its side only if asked, and reads until the server closes or `until`. */
  raw(bytes: string | Buffer, options?: RawOptions): Promise<string>;
  close(): Promise<void>;
}

export interface TestRequest {
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
}

export interface TestAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
  /** The body as JSON; an empty object when it is none. */
  readonly json: Readonly<Record<string, unknown>>;
}

export interface RawOptions {
  readonly until?: RegExp;
  readonly end?: boolean;
}

interface Test {
  teardown(run: () => Promise<unknown>): unknown;
}

export async function startServer(
  t: Test,
  options: Partial<Pick<HttpServerOptions, 'limits' | 'allowedHosts' | 'host' | 'cluster'>> & {
    readonly level?: string;
  } = {},
): Promise<TestServer> {
  const { level = 'info', host = '127.0.0.1', ...rest } = options;
  const service = new FakeService();
  const logs: Record<string, unknown>[] = [];
  const logger = pino({ level }, { write: (line: string) => logs.push(JSON.parse(line)) });
  const server = createHttpServer({ service, host, port: 0, logger, ...rest });
  const { port } = await server.listen();
  const agent = new Agent({ keepAlive: true });
  t.teardown(async () => {
    agent.destroy();
    await server.close();
  });
  return {
    service,
    port,
    logs,
    request: (method, path, request) => send({ port, agent, method, path, ...request }),
    raw: (bytes, rawOptions) => sendRaw(port, bytes, rawOptions),
    close: () => server.close(),
  };
}

function send(
  options: TestRequest & {
    readonly port: number;
    readonly agent: Agent;
    readonly method: string;
    readonly path: string;
  },
): Promise<TestAnswer> {
  const { port, agent, method, path, headers, body } = options;
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, agent, method, path });
    for (const [name, value] of Object.entries(headers ?? {})) request.setHeader(name, value);
    if (body !== undefined && !request.hasHeader('transfer-encoding')) {
      request.setHeader('content-length', Buffer.byteLength(body));
    }
    request.once('error', reject);
    request.once('response', (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.once('error', reject);
      response.once('end', () => {
        const bytes = Buffer.concat(pieces);
        const text = bytes.toString();
        const json = parse(text);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: bytes,
          text,
          json,
        });
      });
    });
    request.end(body);
  });
}

function sendRaw(port: number, bytes: string | Buffer, options: RawOptions = {}): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('data', (piece) => {
      text += piece.toString('latin1');
      if (options.until?.test(text)) socket.destroy();
    });
    socket.on('error', () => {});
    socket.once('close', () => resolve(text));
    const data = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    if (options.end) socket.end(data);
    else socket.write(data);
  });
}

function parse(text: string): Record<string, unknown> {
  try {
    return text.startsWith('{') ? JSON.parse(text) : {};
  } catch {
    return {};
  }
}
