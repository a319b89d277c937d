/**
 * The HTTP server of a node: one `node:http` server, the dispatcher in front, fastify behind it
 * for all that is not a key. Construct, `listen`, `close`; nothing happens before `listen`.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { ClusterService } from '../kv/balance/cluster-service.js';
import type { KvService } from '../kv/service.js';
import { invariant } from '../raft/core/invariant.js';
import { ByteBudget } from './body.js';
import { Dispatcher } from './dispatch.js';
import type { HttpParts } from './exchange.js';
import { HostCheck } from './host-check.js';
import { InFlight } from './in-flight.js';
import { checkLimits, defaultLimits, type HttpLimits } from './limits.js';
import { type Bounded, Metrics } from './metrics.js';
import { createPages } from './pages.js';
import { RequestIds } from './request-id.js';
import { RequestLog } from './request-log.js';
import { socketErrorHandler } from './socket-errors.js';
import { UnsentAnswers } from './unsent-answers.js';

export interface HttpServerOptions {
  readonly service: KvService;
  /** Missing: its routes are not built. */
  readonly cluster?: ClusterService;
  /** An address or `localhost`. On loopback unknown Host names are refused. */
  readonly host: string;
  /** 0: any free port; `listen` tells which. */
  readonly port: number;
  readonly logger: Logger;
  readonly limits?: Partial<HttpLimits>;
  /** Further names or `name:port`s this node is reached by. */
  readonly allowedHosts?: readonly string[];
}

export interface HttpServer {
  listen(): Promise<{ readonly host: string; readonly port: number }>;
  /**
   * Stops listening, serves on for `drainMs` what comes over connections that are open, then
   * finishes what is in flight within `closeWaitMs`, then cuts. Idempotent.
   */
  close(): Promise<void>;
}

export function createHttpServer(options: HttpServerOptions): HttpServer {
  return new KvorumHttpServer(options);
}

class KvorumHttpServer implements HttpServer {
  readonly #options: HttpServerOptions;
  readonly #limits: HttpLimits;
  readonly #ids: RequestIds;
  readonly #inFlight: InFlight;
  readonly #bodies: ByteBudget;
  readonly #answers: UnsentAnswers;
  readonly #now = (): number => performance.now();
  #running: Running | undefined;
  #draining = false;
  #closing = false;
  #closed: Promise<void> | undefined;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    checkLimits(this.#limits);
    this.#ids = new RequestIds(options.service.node);
    this.#inFlight = new InFlight(this.#limits.requestsInFlightMax, this.#now);
    this.#bodies = new ByteBudget(this.#limits.bodyBytesInFlightMax);
    this.#answers = new UnsentAnswers(this.#limits.answerBytesUnsentMax, this.#now);
  }

  async listen(): Promise<{ readonly host: string; readonly port: number }> {
    invariant(
      this.#running === undefined && !this.#draining,
      'listen is called once, before close',
    );
    const { host, port } = this.#options;
    const running = await this.#build();
    this.#running = running;
    await new Promise<void>((resolve, reject) => {
      running.server.once('error', reject);
      running.server.listen({ host, port, backlog: 1024 }, () => {
        running.server.removeListener('error', reject);
        resolve();
      });
    });
    this.#inFlight.start();
    const address = running.server.address() as AddressInfo;
    return { host: address.address, port: address.port };
  }

  async close(): Promise<void> {
    this.#closed ??= this.#close();
    await this.#closed;
  }

  async #close(): Promise<void> {
    this.#draining = true;
    const running = this.#running;
    if (running === undefined) return;
    const { server, pages } = running;
    const { drainMs, closeWaitMs } = this.#limits;
    const ended = new Promise<void>((resolve) => server.once('close', resolve));
    // Only the listener goes. The `close` of http cuts idle connections too, and a request that is
    // on its way over one of them would be lost; each answer from here on ends its connection.
    NetServer.prototype.close.call(server);
    await within(drainMs, ended);
    this.#closing = true;
    server.close();
    const cut = setTimeout(() => server.closeAllConnections(), closeWaitMs);
    await ended;
    clearTimeout(cut);
    this.#inFlight.stop();
    await pages.close();
  }

  async #build(): Promise<Running> {
    const { service, cluster, logger, host, allowedHosts = [] } = this.#options;
    const limits = this.#limits;
    const metrics = new Metrics(service, () => this.#bounded());
    const parts: HttpParts = {
      service,
      cluster,
      limits,
      metrics,
      log: new RequestLog({
        logger,
        linesPerSecondMax: limits.failureLogLinesPerSecondMax,
        now: this.#now,
        onSuppressed: (lines) => metrics.logLinesSuppressed(lines),
      }),
      inFlight: this.#inFlight,
      bodies: this.#bodies,
      answers: this.#answers,
      now: this.#now,
      draining: () => this.#draining,
      closing: () => this.#closing,
    };
    const server = createNodeServer(limits);
    let dispatcher: Dispatcher | undefined;
    const pages = await createPages({
      parts,
      server,
      page: (request) => dispatcher?.page(request),
      clientErrorHandler: socketErrorHandler({
        node: service.node,
        newId: () => this.#ids.take(undefined, undefined),
        onMalformed: (code) => metrics.malformed(code),
      }),
    });
    dispatcher = new Dispatcher({
      parts,
      hosts: new HostCheck(host, allowedHosts),
      ids: this.#ids,
      pages: pages.routing.bind(pages),
    });
    attach(server, dispatcher);
    return { server, pages, dispatcher };
  }

  #bounded(): Bounded[] {
    const limits = this.#limits;
    const { server, dispatcher } = this.#running ?? {};
    const connections = (server as { _connections?: number } | undefined)?._connections ?? 0;
    return [
      bounded('requests', this.#inFlight.size, limits.requestsInFlightMax),
      bounded('other_requests', dispatcher?.pagesInFlight ?? 0, limits.otherRequestsInFlightMax),
      bounded('body_bytes', this.#bodies.used, limits.bodyBytesInFlightMax),
      bounded('unsent_answer_bytes', this.#answers.bytes, limits.answerBytesUnsentMax),
      bounded('connections', connections, limits.connectionsMax),
    ];
  }
}

async function within(limitMs: number, ended: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([ended, limit]);
  clearTimeout(timer);
}

interface Running {
  readonly server: Server;
  readonly pages: FastifyInstance;
  readonly dispatcher: Dispatcher;
}

function createNodeServer(limits: HttpLimits): Server {
  const server = createServer({
    maxHeaderSize: limits.headerBytesMax,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    connectionsCheckingInterval: limits.timeoutCheckMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    noDelay: true,
    insecureHTTPParser: false,
    // The dispatcher answers a missing Host with a problem; node would answer with an empty 400.
    requireHostHeader: false,
  });
  server.timeout = limits.socketIdleTimeoutMs;
  server.maxConnections = limits.connectionsMax;
  // 0: none is silently left out, as node does with the thousandth; the dispatcher counts them.
  server.maxHeadersCount = 0;
  return server;
}

function attach(server: Server, dispatcher: Dispatcher): void {
  const on = (event: string, expectation: Parameters<Dispatcher['dispatch']>[2]): void => {
    server.on(event, (request: IncomingMessage, response: ServerResponse) => {
      dispatcher.dispatch(request, response, expectation);
    });
  };
  on('request', { expectsContinue: false });
  on('checkContinue', { expectsContinue: true });
  on('checkExpectation', { expectsContinue: false, expectsOther: true });
  // Node would cut a CONNECT without a word; it is a method like any other that is not served.
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    const problem = new Error('CONNECT') as Error & { code?: string; reason?: string };
    problem.reason = 'CONNECT is not served here';
    server.emit('clientError', problem, socket);
  });
}

function bounded(name: string, length: number, limit: number): Bounded {
  return { name, length, limit };
}
