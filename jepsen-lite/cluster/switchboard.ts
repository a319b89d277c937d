/**
 * Where the nodes' shims call in: settings are told to every thread of a node, those that begin
 * later included, so they outlive a restart; what the threads see is asked for.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { onJsonLines, sendJsonLine } from './shim/json-lines.js';
import {
  harmless,
  type ShimCommand,
  type ShimCounts,
  type ShimReport,
  type ShimSettings,
  shimHello,
  shimReport,
} from './shim/settings.js';

const shimFile = join(import.meta.dirname, 'shim', 'main.js');
const patienceMs = 1_000;

/** What a node's threads see; undefined when the main thread does not answer. */
export interface NodeView {
  readonly counts: ShimCounts;
  /** Of the main thread. */
  readonly clocks: ShimReport['clocks'];
}

export class Switchboard {
  readonly #server: Server;
  readonly #settings = new Map<number, ShimSettings>();
  readonly #threads = new Map<number, Set<Thread>>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => this.#accept(socket));
  }

  static async open(): Promise<Switchboard> {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new Switchboard(server);
  }

  /** For Node's `--import`. */
  preload(node: number, folder: string): string {
    const url = pathToFileURL(shimFile);
    const { port } = this.#server.address() as AddressInfo;
    url.search = new URLSearchParams({ port: `${port}`, node: `${node}`, folder }).toString();
    return url.href;
  }

  settings(node: number): ShimSettings {
    return this.#settings.get(node) ?? harmless;
  }

  /** What is not said stays as it is. */
  set(node: number, changes: Partial<ShimSettings>): void {
    const settings = { ...this.settings(node), ...changes };
    this.#settings.set(node, settings);
    for (const thread of this.#of(node)) void thread.command({ settings });
  }

  stall(node: number, durationMs: number): void {
    for (const thread of this.#of(node)) {
      if (thread.main) void thread.command({ stallMs: durationMs });
    }
  }

  async view(node: number): Promise<NodeView | undefined> {
    const threads = [...this.#of(node)];
    const reports = await Promise.all(threads.map((thread) => thread.command({})));
    const main = reports[threads.findIndex((thread) => thread.main)];
    if (main === undefined) return undefined;
    const sum = (name: keyof ShimCounts) =>
      reports.reduce((total, report) => total + (report?.counts[name] ?? 0), 0);
    return {
      counts: {
        syncs: sum('syncs'),
        slowSyncs: sum('slowSyncs'),
        failedSyncs: sum('failedSyncs'),
        failedWrites: sum('failedWrites'),
      },
      clocks: main.clocks,
    };
  }

  /** A node that still runs ends with this. */
  async close(): Promise<void> {
    for (const threads of this.#threads.values()) for (const thread of threads) thread.close();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #of(node: number): ReadonlySet<Thread> {
    return this.#threads.get(node) ?? new Set();
  }

  #accept(socket: Socket): void {
    socket.setNoDelay(true);
    let thread: Thread | undefined;
    onJsonLines(socket, (said) => {
      if (thread !== undefined) {
        thread.reported(shimReport.parse(said));
        return;
      }
      const { node, mainThread } = shimHello.parse(said);
      thread = this.#add(node, new Thread(socket, mainThread));
    });
  }

  #add(node: number, thread: Thread): Thread {
    const threads = this.#threads.get(node) ?? new Set();
    this.#threads.set(node, threads.add(thread));
    thread.socket.on('close', () => threads.delete(thread));
    void thread.command({ settings: this.settings(node) });
    return thread;
  }
}

class Thread {
  readonly main: boolean;
  readonly socket: Socket;
  readonly #waiting = new Map<number, (report: ShimReport | undefined) => void>();
  #next = 0;

  constructor(socket: Socket, main: boolean) {
    this.socket = socket;
    this.main = main;
  }

  /** Its report; undefined when it is paused, busy or gone. */
  command(command: Omit<ShimCommand, 'id'>): Promise<ShimReport | undefined> {
    const id = this.#next++;
    return new Promise((resolve) => {
      const timer = setTimeout(() => answer(undefined), patienceMs);
      const answer = (report: ShimReport | undefined) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(report);
      };
      this.#waiting.set(id, answer);
      sendJsonLine(this.socket, { id, ...command });
    });
  }

  reported(report: ShimReport): void {
    this.#waiting.get(report.id)?.(report);
  }

  close(): void {
    this.socket.destroy();
  }
}
