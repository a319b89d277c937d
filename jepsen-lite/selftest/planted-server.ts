/** The planted store behind HTTP, with the routes and headers that the Kvorum preset expects. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { RandomStream } from '../workloads/random-stream.js';
import { type Found, PlantedStore, type ServerBug, type Written } from './planted-store.js';

const nodes = 3;

export class PlantedServer {
  readonly endpoints: readonly string[];
  readonly #servers: readonly Server[];

  private constructor(servers: readonly Server[]) {
    this.#servers = servers;
    this.endpoints = servers.map(
      (server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    );
  }

  static async start(bug: ServerBug | undefined, random: RandomStream): Promise<PlantedServer> {
    const store = new PlantedStore(bug, random);
    const servers = Array.from({ length: nodes }, (_, node) =>
      createServer((request, response) => {
        answer(store, node, request, response).catch((error) => response.destroy(error));
      }),
    );
    await Promise.all(servers.map((server) => once(server.listen(0, '127.0.0.1'), 'listening')));
    return new PlantedServer(servers);
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#servers.map((server) => {
        server.closeAllConnections();
        return once(server.close(), 'close');
      }),
    );
  }
}

async function answer(
  store: PlantedStore,
  node: number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://store');
  const key = decodeURIComponent(pathname.replace(/^\/v1\/kv\//, ''));
  response.setHeader('kvorum-node', `${node + 1}`);
  response.setHeader('kvorum-shard', '0');
  if (request.method === 'GET') {
    const stale = searchParams.get('consistency') === 'stale';
    return sendFound(response, await store.read(node, key, stale));
  }
  const body = await text(request);
  const value = request.method === 'DELETE' ? null : body;
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = request.headers;
  const condition = {
    ...(ifMatch !== undefined && { ifMatch }),
    ...(ifNoneMatch !== undefined && { ifNoneMatch }),
  };
  sendWritten(response, await store.write(node, key, value, condition), value === null);
}

function sendFound(response: ServerResponse, found: Found): void {
  const { value, revision, storeRevision, stalenessMs } = found;
  response.setHeader('kvorum-revision', `${storeRevision}`);
  if (stalenessMs !== undefined) response.setHeader('kvorum-staleness', `${stalenessMs}`);
  if (value === null) return sendJson(response, 404, { code: 'key_not_found' });
  response.setHeader('etag', `"${revision}"`);
  response.end(value);
}

function sendWritten(response: ServerResponse, written: Written, isDelete: boolean): void {
  if (written.done === 'lost') {
    response.destroy();
    return;
  }
  if (written.done === 'refused') {
    return sendJson(response, 503, { code: 'no_leader', outcome: 'not_applied' });
  }
  if (written.done === 'condition-failed') {
    const { value, revision, storeRevision } = written.found;
    if (value !== null) response.setHeader('etag', `"${revision}"`);
    response.setHeader('kvorum-revision', `${storeRevision}`);
    return sendJson(response, 412, { code: 'precondition_failed', outcome: 'not_applied' });
  }
  const { existed, revision } = written;
  response.setHeader('kvorum-revision', `${revision}`);
  if (isDelete) return sendJson(response, 200, { deleted: existed });
  response.setHeader('etag', `"${revision}"`);
  sendJson(response, existed ? 200 : 201, { created: !existed });
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(body));
}
