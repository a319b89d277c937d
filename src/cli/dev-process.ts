/**
 * One node of a development cluster as a child process. It has a process group of its own, so
 * that Ctrl-C in the terminal reaches `kvorum dev` alone and the nodes are closed in order; and a
 * channel to its parent, whose closing tells it that the parent is gone.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  statSync,
} from 'node:fs';
import type { DevNode } from './dev-folder.js';

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const logBytesMax = 16 * 1024 ** 2;
const tailBytesMax = 8192;
const tailLines = 10;
/** More than a node gives itself to close. */
const stopTimeoutMs = 15_000;

export class DevProcess {
  readonly node: DevNode;
  /** Resolves when the process has ended; also when it could not be started. */
  readonly ended: Promise<Exit>;
  exit: Exit | undefined;
  readonly #child: ChildProcess;

  constructor(node: DevNode, command: readonly [program: string, ...args: string[]]) {
    this.node = node;
    const log = openLog(node.logFile);
    const [program, ...args] = command;
    this.#child = spawn(program, [...args, 'start', '--config', node.configFile], {
      stdio: ['ignore', log, log, 'ipc'],
      detached: true,
      env: withoutSettings(process.env),
    });
    closeSync(log);
    this.ended = new Promise((resolve) => {
      const end = (exit: Exit) => {
        this.exit = exit;
        resolve(exit);
      };
      this.#child.once('exit', (code, signal) => end({ code, signal }));
      this.#child.once('error', () => end({ code: 1, signal: null }));
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Closes in order. Resolves with false when it had to be killed. */
  async stop(): Promise<boolean> {
    if (this.exit) return true;
    this.#child.kill('SIGTERM');
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), stopTimeoutMs);
    });
    const inTime = await Promise.race([this.ended.then(() => true), late]);
    clearTimeout(timer);
    if (!inTime) this.kill();
    await this.ended;
    return inTime;
  }

  kill(): void {
    if (!this.exit) this.#child.kill('SIGKILL');
  }

  /** The last lines it wrote. */
  logTail(): readonly string[] {
    if (!existsSync(this.node.logFile)) return [];
    const file = openSync(this.node.logFile, 'r');
    try {
      const { size } = fstatSync(file);
      const from = Math.max(0, size - tailBytesMax);
      const buffer = Buffer.alloc(size - from);
      readSync(file, buffer, { position: from });
      return buffer.toString('utf8').trimEnd().split('\n').slice(-tailLines);
    } finally {
      closeSync(file);
    }
  }
}

/** Appends; what is old and long makes way once. */
function openLog(file: string): number {
  if (existsSync(file) && statSync(file).size > logBytesMax) renameSync(file, `${file}.1`);
  return openSync(file, 'a');
}

/** The node's file says everything; the environment would win over it. */
function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('KVORUM_')));
}
