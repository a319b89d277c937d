/**
 * The commands of a transcript, and the group they act on.
 */
import { defaultLimits, defaultTiming, type RaftLimits } from '../../../src/raft/core/options.js';
import type { MembershipStep, Message } from '../../../src/raft/core/types.js';
import {
  across,
  configurationOf,
  type MessageFilter,
  SimulatedCluster,
} from './simulated-cluster.js';
import {
  describeConfiguration,
  describeEffects,
  describeMessage,
  describeStatus,
} from './transcript-words.js';

type Command = (cluster: SimulatedCluster, words: readonly string[]) => void;

export class TranscriptSession {
  #cluster: SimulatedCluster | undefined;
  #lines: string[] = [];
  #held: MessageFilter[] = [];
  #cut: MessageFilter[] = [];

  /** What a command line made happen. */
  run(line: string): string[] {
    this.#lines = [];
    const [name = '', ...words] = line.split(' ');
    if (name === 'cluster') {
      this.#cluster = this.#newCluster(words);
    } else {
      const command = this.#commands[name];
      if (command === undefined) throw new Error(`a transcript has no command '${name}'`);
      if (this.#cluster === undefined) throw new Error('a transcript begins with a cluster');
      command(this.#cluster, words);
    }
    return this.#lines;
  }

  #say(...lines: readonly string[]): void {
    this.#lines.push(...lines);
  }

  /** `cluster 3 learners=1 inflightMessagesMax=2` */
  #newCluster(words: readonly string[]): SimulatedCluster {
    const settings = new Map(words.slice(1).map((word) => word.split('=', 2) as [string, string]));
    const limits: Record<string, number> = {};
    for (const [name, value] of settings) {
      if (name in defaultLimits) limits[name] = Number(value);
      else if (name !== 'learners' && name !== 'quietAfterTicks')
        throw new Error(`a cluster has no setting '${name}'`);
    }
    const size = { voters: Number(words[0]), learners: Number(settings.get('learners') ?? 0) };
    const cluster = new SimulatedCluster({
      ...size,
      configuration: configurationOf(size),
      limits: limits as Partial<RaftLimits>,
      timing: {
        ...defaultTiming,
        quietAfterTicks: Number(settings.get('quietAfterTicks') ?? defaultTiming.quietAfterTicks),
      },
      observer: {
        drained: (replica, effects) => this.#say(...describeEffects(replica, effects)),
        released: (replica) => this.#say(`${replica}'s disk answers`),
        delivering: (message) => this.#say(describeMessage(message)),
        applied: () => {},
      },
    });
    cluster.held = (message) => this.#held.some((filter) => filter(message));
    cluster.lost = (message) => this.#cut.some((filter) => filter(message));
    this.#held = [];
    this.#cut = [];
    for (const id of cluster.replicas.keys()) cluster.drain(id);
    this.#lines = [`replicas ${[...cluster.replicas.keys()].join(', ')} start`];
    return cluster;
  }

  /** What is different from a group where everything works. */
  #weather(cluster: SimulatedCluster): void {
    const slow = [...cluster.slowDisks].sort();
    const parts = [
      ...(this.#cut.length > 0 ? ['links are cut'] : []),
      ...(this.#held.length > 0 ? ['messages are held'] : []),
      ...(slow.length > 0 ? [`slow disks: ${slow.join(', ')}`] : []),
    ];
    this.#say(parts.join('; ') || 'everything works');
  }

  readonly #commands: Readonly<Record<string, Command>> = {
    campaign: (cluster, [id]) => cluster.campaign(Number(id)),
    /** A whole election in one line, for stories about something else. */
    elect: (cluster, [id]) => {
      cluster.elect(Number(id));
      this.#lines = [describeStatus(cluster.status(Number(id)))];
    },
    /** Everything comes to rest, in one line. */
    'settle-quietly': (cluster) => {
      cluster.settle();
      this.#lines = ['all quiet'];
    },
    /** Time for everybody, and everything comes to rest after each tick, in one line. */
    'pass-quietly': (cluster, [count]) => {
      for (let tick = 0; tick < Number(count); tick += 1) {
        for (const { id } of [...cluster.replicas.values()].filter(({ up }) => up))
          cluster.tick(id);
        cluster.settle();
      }
      this.#lines = ['time passes'];
    },
    propose: (cluster, [id, ...texts]) => cluster.propose(Number(id), ...texts),
    read: (cluster, [id]) => {
      cluster.read(Number(id));
    },
    /** `change 1 promote 4 remove 2`; `add-learner` names a node. */
    change: (cluster, [id, ...words]) => cluster.change(Number(id), ...stepsOf(words)),
    members: (cluster, ids) => {
      for (const id of chosen(cluster, ids)) {
        const { configuration } = cluster.status(id);
        this.#say(`${id}: ${describeConfiguration(configuration)}`);
      }
    },
    transfer: (cluster, [from, to]) => cluster.transfer(Number(from), Number(to)),
    tick: (cluster, [id, count]) => cluster.tick(Number(id), Number(count ?? 1)),
    settle: (cluster) => cluster.settle(),
    deliver: (cluster, words) => {
      cluster.deliver(filterOf(words));
    },
    drop: (cluster, words) => {
      for (const message of cluster.drop(filterOf(words))) {
        this.#say(`lost: ${describeMessage(message)}`);
      }
    },
    /** Messages that match stay in flight until `release`. */
    hold: (cluster, words) => {
      this.#held.push(filterOf(words));
      this.#weather(cluster);
    },
    release: (cluster) => {
      this.#held = [];
      this.#weather(cluster);
    },
    /** Whatever would cross the border around these replicas is lost until `heal`. */
    isolate: (cluster, ids) => {
      this.#cut.push(across(...ids.map(Number)));
      this.#weather(cluster);
    },
    heal: (cluster) => {
      this.#cut = [];
      this.#weather(cluster);
    },
    'slow-disk': (cluster, ids) => {
      for (const id of ids) cluster.slowDisks.add(Number(id));
      this.#weather(cluster);
    },
    'fast-disk': (cluster, ids) => {
      for (const id of ids) cluster.slowDisks.delete(Number(id));
      this.#weather(cluster);
    },
    /** An election timeout passes without a leader; what they ask the others is lost. */
    'hear-nobody': (cluster, ids) => {
      for (const id of ids) {
        cluster.tick(Number(id), defaultTiming.electionTicksMin);
        cluster.drop((message) => message.from === Number(id) && message.type === 'pre-vote');
      }
    },
    /** These make, fetch and install snapshots only when told to. */
    'slow-snapshots': (cluster, ids) => {
      for (const id of ids) cluster.slowSnapshots.add(Number(id));
    },
    'make-snapshot': (cluster, [id]) => cluster.makeSnapshot(Number(id)),
    'making-fails': (cluster, [id]) => cluster.makeSnapshot(Number(id), true),
    fetch: (cluster, [id]) => cluster.fetch(Number(id)),
    'fetch-fails': (cluster, [id]) => cluster.fetch(Number(id), true),
    install: (cluster, [id]) => cluster.install(Number(id)),
    damage: (cluster, [id]) => {
      cluster.replica(Number(id)).damage();
      cluster.drain(Number(id));
    },
    wake: (cluster, [id]) => cluster.step(Number(id), { kind: 'wake' }),
    durable: (cluster, [id, count]) => cluster.durable(Number(id), Number(count ?? 1000)),
    crash: (cluster, [id, surviving]) => cluster.crash(Number(id), Number(surviving ?? 0)),
    restart: (cluster, [id]) => cluster.restart(Number(id)),
    compact: (cluster, [id, index]) => {
      cluster.replica(Number(id)).compact(Number(index));
      cluster.drain(Number(id));
    },
    unreachable: (cluster, [id, other]) =>
      cluster.step(Number(id), { kind: 'unreachable', replica: Number(other) }),
    log: (cluster, ids) => {
      for (const id of chosen(cluster, ids)) this.#say(`${id}: ${cluster.log(id) || 'empty'}`);
    },
    status: (cluster, ids) => {
      for (const id of chosen(cluster, ids)) this.#say(describeStatus(cluster.status(id)));
    },
    'in-flight': (cluster) => {
      for (const message of cluster.inFlight) this.#say(describeMessage(message));
    },
  };
}

function chosen(cluster: SimulatedCluster, ids: readonly string[]): number[] {
  if (ids.length > 0) return ids.map(Number);
  return [...cluster.replicas.values()].filter((replica) => replica.up).map(({ id }) => id);
}

function stepsOf(words: readonly string[]): MembershipStep[] {
  const steps: MembershipStep[] = [];
  for (let i = 0; i < words.length; i += 2) {
    const kind = words[i];
    const number = Number(words[i + 1]);
    if (kind === 'add-learner') steps.push({ kind, node: number });
    else if (kind === 'promote' || kind === 'demote' || kind === 'remove') {
      steps.push({ kind, replica: number });
    } else throw new Error(`a change has no step '${kind}'`);
  }
  return steps;
}

/** `1 2 append`: from, to and type; `*` or nothing is any. */
function filterOf([from = '*', to = '*', type = '*']: readonly string[]): MessageFilter {
  const matches = (pattern: string, value: string) => pattern === '*' || pattern === value;
  return (message: Message) =>
    matches(from, String(message.from)) &&
    matches(to, String(message.to)) &&
    matches(type, message.type);
}
