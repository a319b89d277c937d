/**
 * Past runs in a browser: the list, and each report made when it is asked for. Only for this
 * machine, and only names that are in the list: nothing outside the folder can be reached.
 */
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { listPage } from './list-page.js';
import { ResultsError } from './results.js';
import { listRuns } from './run-list.js';
import { makeReport } from './write-report.js';

const address = '127.0.0.1';

export interface ReportServer {
  readonly url: string;
  close(): Promise<void>;
}

export async function serveReports(folder: string, port: number): Promise<ReportServer> {
  const server = createServer((request, response) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (isRead) answer(folder, request.url ?? '/', response);
    else send(response, 405, 'Only GET is understood here.');
  });
  server.listen(port, address);
  await once(server, 'listening');
  const { port: bound } = server.address() as AddressInfo;
  return { url: `http://${address}:${bound}/`, close: () => close(server) };
}

function answer(folder: string, url: string, response: ServerResponse): void {
  try {
    const { pathname } = new URL(url, `http://${address}`);
    if (pathname === '/') {
      send(response, 200, listPage(folder, listRuns(folder)));
      return;
    }
    const [, encoded = ''] = /^\/runs\/([^/]+)\/?$/.exec(pathname) ?? [];
    const name = decodeURIComponent(encoded);
    const known = listRuns(folder).some((run) => run.name === name);
    if (known) send(response, 200, makeReport(join(folder, name)));
    else send(response, 404, 'There is no such run. The list is at /');
  } catch (error) {
    if (error instanceof URIError) send(response, 400, 'The address makes no sense.');
    else send(response, 500, error instanceof ResultsError ? error.message : String(error));
  }
}

function send(response: ServerResponse, status: number, body: string): void {
  const type = status === 200 ? 'text/html' : 'text/plain';
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
