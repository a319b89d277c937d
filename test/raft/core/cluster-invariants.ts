/**
 * What must hold of a group after every event, whatever the network and the disks do: the safety
 * properties of the Raft paper (figure 3) and the promises of the core to its host. The ghost
 * state here outlives crashes; the replicas know nothing of it.
 */
import type { Membership } from '../../../src/raft/core/membership.js';
import type {
  Append,
  Configuration,
  Effects,
  Entry,
  EntryId,
  Index,
  Message,
  ReplicaId,
  RequestId,
  Role,
  Term,
} from '../../../src/raft/core/types.js';
import { must } from './broken-promise.js';
import { CommittedConfigurations } from './committed-configurations.js';
import type { SimulatedReplica } from './simulated-replica.js';

/** What was last seen of one process; forgotten when it crashes. */
interface Seen {
  readonly term: Term;
  readonly commit: Index;
  readonly applied: Index;
  readonly role: Role;
  readonly lastIndex: Index;
  readonly lastTerm: Term;
}

interface Committed {
  readonly term: Term;
  /** The term of the leader that committed it. */
  readonly committedIn: Term;
}

interface AskedRead {
  readonly replica: ReplicaId;
  /** The greatest commit index known anywhere when the read was asked. */
  readonly required: Index;
}

export class ClusterInvariants {
  readonly #replicas: ReadonlyMap<ReplicaId, SimulatedReplica>;
  readonly #leaders = new Map<Term, ReplicaId>();
  /** By index; the entry before the first one stands for the empty log. */
  readonly #committed: Committed[] = [{ term: 0, committedIn: 0 }];
  /** What each (index, term) carries, wherever it was seen. */
  readonly #contents = new Map<string, Uint8Array>();
  readonly #proposedData = new Map<RequestId, Uint8Array>();
  readonly #droppedData = new Set<Uint8Array>();
  readonly #votes = new Map<string, ReplicaId>();
  readonly #seen = new Map<ReplicaId, Seen>();
  readonly #reads = new Map<RequestId, AskedRead>();
  readonly #configurations: CommittedConfigurations;

  constructor(first: Configuration, replicas: ReadonlyMap<ReplicaId, SimulatedReplica>) {
    this.#configurations = new CommittedConfigurations(first);
    this.#replicas = replicas;
  }

  get committedIndex(): Index {
    return this.#committed.length - 1;
  }

  get openReads(): ReadonlyMap<RequestId, AskedRead> {
    return this.#reads;
  }

  crashed(replica: ReplicaId): void {
    this.#seen.delete(replica);
    for (const [id, read] of this.#reads) if (read.replica === replica) this.#reads.delete(id);
  }

  proposing(id: RequestId, data: Uint8Array): void {
    this.#proposedData.set(id, data);
  }

  asking(id: RequestId, replica: ReplicaId): void {
    this.#reads.set(id, { replica, required: this.committedIndex });
  }

  /** After every step of a replica. */
  stepped(replica: SimulatedReplica): void {
    const { core, id } = replica;
    const { term, commit, applied, role, lastIndex } = core.status;
    const lastTerm = core.termAt(lastIndex) ?? 0;
    const before = this.#seen.get(id);
    this.#seen.set(id, { term, commit, applied, role, lastIndex, lastTerm });
    if (before !== undefined) {
      must(term >= before.term, `the term of ${id} fell from ${before.term} to ${term}`);
      must(commit >= before.commit, `commit of ${id} fell from ${before.commit} to ${commit}`);
      must(applied >= before.applied, `applied of ${id} fell`);
    }
    must(commit <= lastIndex, `${id} has committed ${commit}, beyond its end ${lastIndex}`);
    const ledBefore = before?.role === 'leader' && before.term === term;
    if (ledBefore && role === 'leader') {
      must(lastIndex >= before.lastIndex, `leader ${id} shortened its own log`);
    }
    this.#configurations.inForce(replica);
    if (commit > (before?.commit ?? 0)) this.#commitRose(replica, before?.commit ?? 0);
    if (role === 'leader' && !ledBefore) this.#electionSafety(replica);
    if (lastIndex !== before?.lastIndex || lastTerm !== before.lastTerm) this.#logMatching(replica);
  }

  /** Figure 3, state machine safety, and that a commit stands on durable entries of a quorum. */
  #commitRose({ core, id }: SimulatedReplica, from: Index): void {
    const { commit, firstIndex, role, term } = core.status;
    for (let index = Math.max(from + 1, firstIndex); index <= commit; index += 1) {
      const own = core.termAt(index) ?? 0;
      const known = this.#committed[index];
      if (known === undefined) {
        must(role === 'leader', `${id} commits ${index} first and is ${role}`);
        must(core.termAt(commit) === term, `${id} commits ${commit} by counting an old term`);
        must(index === this.#committed.length, `${id} commits ${index} over a gap`);
        this.#durableOnQuorum(core.membership, { index, term: own });
        this.#committed.push({ term: own, committedIn: term });
      } else {
        must(known.term === own, `${id} commits ${index}/${own}, committed was ${known.term}`);
      }
    }
  }

  /** Of each set of voters in the configuration in force at whoever commits. */
  #durableOnQuorum({ voters, outgoing }: Membership, { index, term }: EntryId): void {
    for (const set of [voters, outgoing]) {
      if (set.length === 0) continue;
      const holds = (id: ReplicaId) => this.#replicas.get(id)?.disk.holds(index, term) === true;
      const holders = set.filter(holds);
      const enough = 2 * holders.length > set.length;
      must(enough, `${index}/${term} committed, durable on ${holders} of ${set}`);
    }
  }

  /** Figure 3, election safety and leader completeness. */
  #electionSafety({ core, id }: SimulatedReplica): void {
    const { term, firstIndex } = core.status;
    const other = this.#leaders.get(term);
    must(other === undefined || other === id, `${other} and ${id} both lead term ${term}`);
    this.#leaders.set(term, id);
    for (let index = firstIndex; index < this.#committed.length; index += 1) {
      const committed = this.#committed[index];
      if (committed === undefined || committed.committedIn >= term) continue;
      const own = core.termAt(index);
      must(own === committed.term, `leader ${id} of ${term} lacks ${index}/${committed.term}`);
    }
  }

  /** Figure 3, log matching. */
  #logMatching({ core, id }: SimulatedReplica): void {
    for (const other of this.#replicas.values()) {
      if (other.id === id || !other.up) continue;
      const low = Math.max(core.status.firstIndex, other.core.status.firstIndex) - 1;
      let index = Math.min(core.status.lastIndex, other.core.status.lastIndex);
      while (index > low && core.termAt(index) !== other.core.termAt(index)) index -= 1;
      for (; index > low; index -= 1) {
        const same = core.termAt(index) === other.core.termAt(index);
        must(same, `${id} and ${other.id} agree above ${index} and not there`);
      }
    }
  }

  /** After every drain of a replica. */
  drained(replica: SimulatedReplica, effects: Effects): void {
    for (const entry of effects.append?.entries ?? []) this.#sameContent(entry);
    for (const entry of effects.apply) {
      const committed = this.#committed[entry.index];
      must(committed?.term === entry.term, `${replica.id} applies ${entry.index}/${entry.term}`);
      this.#sameContent(entry);
      this.#configurations.committed(entry);
    }
    for (const { id, index } of effects.reads) {
      const read = this.#takeRead(id, replica.id);
      must(index >= read.required, `read ${id} got ${index}, ${read.required} was committed`);
    }
    for (const { id } of effects.dropped) {
      const data = this.#proposedData.get(id);
      if (data === undefined) this.#takeRead(id, replica.id);
      else this.#droppedData.add(data);
    }
  }

  #takeRead(id: RequestId, replica: ReplicaId): AskedRead {
    const read = this.#reads.get(id);
    must(read?.replica === replica, `read ${id} is answered by ${replica} and not open there`);
    this.#reads.delete(id);
    return read;
  }

  #sameContent(entry: Entry): void {
    const key = `${entry.index}/${entry.term}`;
    const known = this.#contents.get(key);
    must(known === undefined || known === entry.data, `two entries are called ${key}`);
    must(!this.#droppedData.has(entry.data), `${key} was reported as dropped`);
    this.#contents.set(key, entry.data);
  }

  /** Before an append is written: durable truncation never takes a committed entry away. */
  writing(replica: SimulatedReplica, { entries, hardState }: Append): void {
    const first = entries[0];
    if (first !== undefined) {
      for (let index = first.index; index <= replica.disk.lastIndex; index += 1) {
        const committed = this.#committed[index]?.term;
        const kept = entries[index - first.index]?.term === committed;
        const held = replica.disk.entryAt(index)?.term === committed;
        must(committed === undefined || !held || kept, `${replica.id} discards committed ${index}`);
      }
    }
    if (hardState !== undefined && hardState.vote !== 0) {
      this.#voteOnce(replica.id, hardState.term, hardState.vote);
    }
  }

  #voteOnce(voter: ReplicaId, term: Term, candidate: ReplicaId): void {
    const key = `${voter}/${term}`;
    const other = this.#votes.get(key) ?? candidate;
    must(other === candidate, `${voter} votes for ${other} and ${candidate} in term ${term}`);
    this.#votes.set(key, candidate);
  }

  /** When a message leaves, against what is durable at its sender at that moment (R4, R6). */
  leaving(message: Message): void {
    const disk = this.#replicas.get(message.from)?.disk;
    if (disk === undefined) return;
    const { term, vote } = disk.hardState;
    const { type, from, to } = message;
    switch (type) {
      case 'vote':
        this.#voteOnce(from, message.term, from);
        must(term >= message.term, `${from} asks for votes of a term that is not durable`);
        must(term > message.term || vote === from, `${from}'s vote for itself is not durable`);
        return;
      case 'vote-response':
        must(term >= message.term, `${from} answers a vote of a term that is not durable`);
        if (!message.granted) return;
        this.#voteOnce(from, message.term, to);
        must(term > message.term || vote === to, `${from}'s vote is not durable`);
        return;
      case 'append-response':
        must(term >= message.term, `${from} acknowledges in a term that is not durable`);
        if (message.rejected || term > message.term) return;
        must(disk.lastIndex >= message.index, `${from} acknowledges ${message.index} too early`);
        return;
      case 'pre-vote-response':
        must(message.granted || term >= message.term, `${from} refuses with a volatile term`);
        return;
      default:
    }
  }
}
