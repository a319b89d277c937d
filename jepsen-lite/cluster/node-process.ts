/**
 * One real process of a node: its output, its end, signals to it by pid, and what it uses.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

const logCharactersMax = 256 * 1024;
const running = new Set<ChildProcess>();

const killAll = () => {
  for (const child of running) child.kill('SIGKILL');
};

// Whatever ends this process in order, no node outlives it; against kill -9 there is the kernel's
// signal to orphans, where `setpriv` can ask for it.
process.on('exit', killAll);
const diesWithParent = ['setpriv', '--pdeathsig', 'KILL'];
/** Whether nodes end even with a process of ours that is killed with SIGKILL. */
export const hasSetpriv = spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0;

/**
 * For a test process: the runner's time limit comes as SIGALRM and would end it without a word.
 * A command line has handlers of its own, which end the clients first.
 */
export function endNodesOnSignals(): void {
  for (const signal of ['SIGALRM', 'SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.once(signal, () => {
      killAll();
      process.kill(process.pid, signal);
    });
  }
}

export interface NodeProcessOptions {
  /** Where its output is added; else the end of it is kept in `log`. */
  readonly logFile?: string;
  /** A group of its own: Ctrl-C in the terminal does not reach it. */
  readonly ownGroup?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class NodeProcess {
  readonly #child: ChildProcess;
  /** Resolves when it has ended and all its output has been read. Never rejects. */
  readonly ended: Promise<Exit>;
  exit: Exit | undefined;
  /** The end of what it wrote to stdout and stderr. */
  log = '';

  constructor(command: string, args: readonly string[], options: NodeProcessOptions = {}) {
    const { logFile, ownGroup = false, environment = {} } = options;
    // The test runner puts its own hooks into the environment of whatever is spawned, even into
    // an empty one; `env -i` drops them and becomes the node, under the same pid.
    const kept = ['PATH', 'HOME'].map((name) => `${name}=${process.env[name] ?? ''}`);
    const given = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    const clean = ['env', '-i', ...kept, ...given, command, ...args];
    const [first = '', ...rest] = hasSetpriv ? [...diesWithParent, ...clean] : clean;
    const output = logFile === undefined ? 'pipe' : openSync(logFile, 'a');
    this.#child = spawn(first, rest, { stdio: ['ignore', output, output], detached: ownGroup });
    if (typeof output === 'number') closeSync(output);
    running.add(this.#child);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8');
      stream?.on('data', (text: string) => {
        this.log = (this.log + text).slice(-logCharactersMax);
      });
    }
    this.ended = new Promise((resolve) => {
      const finish = (exit: Exit) => {
        running.delete(this.#child);
        this.exit ??= exit;
        resolve(this.exit);
      };
      this.#child.on('error', (error) => {
        this.log += `${error}\n`;
        finish({ code: 127, signal: null });
      });
      this.#child.on('close', (code, signal) => finish({ code, signal }));
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get running(): boolean {
    return this.exit === undefined;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** kill -9, and waits for the end. */
  async kill(): Promise<Exit> {
    this.signal('SIGKILL');
    return this.ended;
  }

  /** Processor time used so far, of all threads; undefined where there is no /proc. */
  processorMs(): number | undefined {
    const ticksPerSecond = 100;
    const stat = this.#procFile('stat');
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields === undefined) return undefined;
    return ((Number(fields[11]) + Number(fields[12])) * 1_000) / ticksPerSecond;
  }

  /** How often the main thread has gone to sleep: each time something had woken it. */
  wakeups(): number | undefined {
    const count = /^voluntary_ctxt_switches:\s+(\d+)$/m.exec(this.#procFile('status') ?? '')?.[1];
    return count === undefined ? undefined : Number(count);
  }

  residentBytes(): number | undefined {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(this.#procFile('status') ?? '')?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1_024;
  }

  #procFile(name: string): string | undefined {
    try {
      return readFileSync(`/proc/${this.pid}/${name}`, 'utf8');
    } catch {
      return undefined;
    }
  }
}
