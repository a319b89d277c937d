/**
 * What `/metrics` shows. Numbers that others keep anyway are fetched from the service when somebody
 * scrapes; only distributions are observed as they happen, through `Samples`.
 */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { KvService, NodeObserver } from '../kv/service.js';
import { LazyHistogram, type Samples } from './histogram.js';
import { registerNodeMetrics } from './node-metrics.js';
import { Scrape } from './scrape.js';

const durationBounds = [
  0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60,
];
const entryBounds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096];
const byteBounds = [256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216];

/**
 * prom-client would sample the event loop with a timer of its own, which alone was half of what an
 * idle node did, and whose period is part of what it shows. The host's ticks tell the delay for
 * nothing (`kvorum_event_loop_delay_seconds`), so that sampler is slowed down to never.
 */
const neverMs = 24 * 60 * 60 * 1_000;
const replacedMetrics = /^nodejs_eventloop_lag/;

/** Length and limit of something bounded in this layer. */
export interface Bounded {
  readonly name: string;
  readonly length: number;
  readonly limit: number;
}

export class Metrics {
  readonly registry = new Registry();
  readonly #scrape: Scrape;
  readonly #requests: LazyHistogram;
  readonly #cells = new Map<string, Samples>();
  readonly #malformed = new Map<string, number>();
  #suppressedLogLines = 0;

  constructor(service: KvService, bounded: () => readonly Bounded[]) {
    const registry = this.registry;
    this.#scrape = new Scrape(service);
    this.#requests = new LazyHistogram({
      name: 'kvorum_http_request_duration_seconds',
      help: 'Requests by method, route and status, from their headers to their answer',
      bounds: durationBounds,
      labelNames: ['method', 'route', 'status'],
      registry,
    });
    this.#registerHttp(bounded);
    registerNodeMetrics(registry, this.#scrape);
    service.observer = observer(registry);
    collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: neverMs });
    for (const { name } of registry.getMetricsAsArray()) {
      if (replacedMetrics.test(name)) registry.removeSingleMetric(name);
    }
  }

  async text(): Promise<string> {
    this.#scrape.renew();
    return await this.registry.metrics();
  }

  record(route: string, method: string, status: number, durationMs: number): void {
    const name = `${method} ${status} ${route}`;
    let cell = this.#cells.get(name);
    if (cell === undefined) {
      cell = this.#requests.cell({ method, route, status: String(status) });
      this.#cells.set(name, cell);
    }
    cell.add(durationMs / 1000);
  }

  /** Bytes that were no request; `code` is a problem code. */
  malformed(code: string): void {
    this.#malformed.set(code, (this.#malformed.get(code) ?? 0) + 1);
  }

  logLinesSuppressed(lines: number): void {
    this.#suppressedLogLines += lines;
  }

  #registerHttp(bounded: () => readonly Bounded[]): void {
    const registers = [this.registry];
    const malformed = this.#malformed;
    const suppressed = () => this.#suppressedLogLines;
    new Gauge({
      name: 'kvorum_http_bounded',
      help: 'Current use of the bounded resources of the HTTP layer',
      labelNames: ['resource'],
      registers,
      collect() {
        for (const { name, length } of bounded()) this.set({ resource: name }, length);
      },
    });
    new Gauge({
      name: 'kvorum_http_bounded_limit',
      help: 'The limits of kvorum_http_bounded',
      labelNames: ['resource'],
      registers,
      collect() {
        for (const { name, limit } of bounded()) this.set({ resource: name }, limit);
      },
    });
    new Counter({
      name: 'kvorum_http_malformed_requests_total',
      help: 'Connections that sent something that is no HTTP request, by problem code',
      labelNames: ['code'],
      registers,
      collect() {
        this.reset();
        for (const [code, count] of malformed) this.inc({ code }, count);
      },
    });
    new Counter({
      name: 'kvorum_http_suppressed_log_lines_total',
      help: 'Log lines for failed requests that were only counted',
      registers,
      collect() {
        this.reset();
        this.inc(suppressed());
      },
    });
  }
}

function observer(registry: Registry): NodeObserver {
  const cell = (name: string, help: string, bounds: readonly number[]): Samples =>
    new LazyHistogram({ name, help, bounds, registry }).cell();
  const walEntries = cell('kvorum_wal_batch_entries', 'Log entries in one write', entryBounds);
  const walBytes = cell('kvorum_wal_batch_bytes', 'Bytes in one write of the log', byteBounds);
  const walSync = cell(
    'kvorum_wal_sync_duration_seconds',
    'Time to write one batch of the log and make it durable',
    durationBounds,
  );
  const turns = cell('kvorum_turn_duration_seconds', 'One turn of the host', durationBounds);
  const loopDelay = cell(
    'kvorum_event_loop_delay_seconds',
    'How late the event loop came to a tick',
    durationBounds,
  );
  const applied = cell('kvorum_apply_entries', 'Entries applied in one transaction', entryBounds);
  const applyTime = cell(
    'kvorum_apply_duration_seconds',
    'One transaction of the state machine',
    durationBounds,
  );
  return {
    walBatch({ entries, bytes, durationMs }) {
      walEntries.add(entries);
      walBytes.add(bytes);
      walSync.add(durationMs / 1000);
    },
    turn: (durationMs) => turns.add(durationMs / 1000),
    loopDelay: (lateMs) => loopDelay.add(lateMs / 1000),
    applied(entries, durationMs) {
      applied.add(entries);
      applyTime.add(durationMs / 1000);
    },
  };
}
