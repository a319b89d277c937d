/** Tiny HTTP servers in the place of nodes. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface Received {
  readonly method: string | undefined;
  /** As it came over the wire. */
  readonly path: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface FakeNode {
  readonly url: string;
  readonly port: number;
  readonly received: readonly Received[];
}

interface Test {
  teardown(run: () => unknown): unknown;
}

export async function fakeNode(
  t: Test,
  answer: (request: Received, response: ServerResponse) => void,
): Promise<FakeNode> {
  const received: Received[] = [];
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const { method, url: path, headers } = incoming;
    const request = { method, path, headers, body: Buffer.concat(chunks) };
    received.push(request);
    answer(request, response);
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, received };
}

/** A port that was free a moment ago, so that nobody listens on it. */
export async function unusedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export function sendProblem(response: ServerResponse, problem: Record<string, unknown>): void {
  response.writeHead(Number(problem['status']), { 'Content-Type': 'application/problem+json' });
  response.end(JSON.stringify(problem));
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
}
