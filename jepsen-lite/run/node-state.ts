/** What a node says of its replicas, as a run writes it down and shows it. */
import { z } from 'zod';

export const replicaState = z.object({
  shard: z.number(),
  role: z.string(),
  term: z.number(),
  commit: z.number(),
  /** Of the shard: how often its range and its members have changed. */
  range: z.number(),
  members: z.number(),
});
export type ReplicaState = z.infer<typeof replicaState>;

export const nodeState = z.object({
  node: z.string(),
  /** Whether it answered at all. */
  answers: z.boolean(),
  replicas: z.array(replicaState),
});
export type NodeState = z.infer<typeof nodeState>;

/** A line of `nodes.jsonl`: only replicas of which something is new. */
export const nodeLine = nodeState.extend({ timeNs: z.number() });
export type NodeLine = z.infer<typeof nodeLine>;

const shardsShownMax = 4;

/** All nodes on one line: who leads what and how far it is, who does not answer. */
export function rolesLine(nodes: readonly NodeState[]): string {
  return nodes.map((state) => `${state.node} ${rolesOf(state)}`).join('  ');
}

/** `leader of s1, term 7, commit 10412, epoch 1.2`: one replica in words. */
export function replicaWords(replica: ReplicaState): string {
  const { shard, role, term, commit, range, members } = replica;
  return `${role} of s${shard}, term ${term}, commit ${commit}, epoch ${range}.${members}`;
}

function rolesOf({ answers, replicas }: NodeState): string {
  if (!answers) return 'away';
  const acting = replicas.filter(({ role }) => !['follower', 'learner'].includes(role));
  if (acting.length === 0) return replicas.length === 0 ? 'without replicas' : 'follower';
  const roles = [...new Set(acting.map(({ role }) => role))];
  return roles
    .map((role) => {
      const mine = acting.filter((replica) => replica.role === role);
      const shown = mine
        .slice(0, shardsShownMax)
        .map(({ shard, term, commit }) => `s${shard} t${term} c${commit}`);
      const more = mine.length > shown.length ? `, ${mine.length - shown.length} more` : '';
      return `${role.toUpperCase()} ${shown.join(', ')}${more}`;
    })
    .join(' ');
}
