/**
 * Who may hold a replica, rule by rule, each with its decision and because of what. Plans choose
 * by these rules and explanations print them, so that what is said is what is done.
 */
import type { NodeId } from '../../raft/core/types.js';
import { type MemberRole, type Pin, type ViewShard, votersOf } from './cluster-view.js';
import type { Draft } from './draft.js';
import { isUp } from './eligibility.js';
import { roleOf } from './step-effect.js';

export type RuleName =
  | 'job'
  | 'majority'
  | 'health'
  | 'state'
  | 'draining'
  | 'pin'
  | 'member'
  | 'zone'
  | 'load';

export type Decision = 'yes' | 'no' | 'throttle';

export interface RuleDecision {
  readonly rule: RuleName;
  /** `throttle`: not now, and it passes by itself. */
  readonly decision: Decision;
  readonly because: string;
}

/** A replica of the shard would come to `node`, in the place of the one on `leaving`. */
export interface Arrival {
  readonly draft: Draft;
  readonly shard: ViewShard;
  readonly node: NodeId;
  readonly role: MemberRole;
  readonly leaving?: NodeId | undefined;
}

/** Where no node satisfies all, repair gives these up, the first one first. */
export const wishes: readonly RuleName[] = ['load', 'zone'];

/** Whether anything about the shard may be changed now, other than out of need. */
export function shardRules(draft: Draft, shard: ViewShard): RuleDecision[] {
  return [jobRule(draft, shard), majorityRule(draft, shard), healthRule(draft, shard)];
}

export function arrivalRules(arrival: Arrival): RuleDecision[] {
  return [
    stateRule(arrival),
    drainingRule(arrival),
    pinRule(arrival),
    memberRule(arrival),
    zoneRule(arrival),
    loadRule(arrival),
  ];
}

export function jobRule({ view }: Draft, shard: ViewShard): RuleDecision {
  const job = view.busy.get(shard.group);
  if (job === undefined) return yes('job', 'No job holds the shard.');
  return { rule: 'job', decision: 'throttle', because: `Job ${job} holds the shard.` };
}

/** Without a majority nothing can be committed, a change of the members neither. */
export function majorityRule(draft: Draft, shard: ViewShard): RuleDecision {
  const voters = votersOf(shard).length;
  const up = draft.upVoters(shard).length;
  const said = `${up} of ${voters} voters are up.`;
  return up >= majorityOf(voters) ? yes('majority', said) : no('majority', said);
}

/** What is not urgent waits until every voter is up: a change spends some of the safety margin. */
function healthRule(draft: Draft, shard: ViewShard): RuleDecision {
  const away = votersOf(shard).flatMap((id) => {
    const node = draft.node(id);
    return isUp(node) ? [] : [`node ${id} is ${node?.state ?? 'unknown'}`];
  });
  if (away.length === 0) return yes('health', 'Every voter is up.');
  return { rule: 'health', decision: 'throttle', because: `${capital(away.join(', '))}.` };
}

function stateRule({ draft, node }: Arrival): RuleDecision {
  const state = draft.node(node)?.state ?? 'unknown';
  const said = `Node ${node} is ${state}.`;
  return state === 'up' ? yes('state', said) : no('state', said);
}

function drainingRule({ draft, node }: Arrival): RuleDecision {
  if (draft.node(node)?.draining) return no('draining', `Node ${node} is being drained.`);
  return yes('draining', `Node ${node} is not being drained.`);
}

function pinRule({ draft, shard, node }: Arrival): RuleDecision {
  const pin = pinOf(draft, shard, node);
  if (pin?.kind === 'no-replica') {
    return no('pin', `Pin ${pin.id} keeps shard ${shard.group} off node ${node}.`);
  }
  return yes('pin', pin === undefined ? 'No pin is against it.' : `Pin ${pin.id} asks for it.`);
}

function memberRule({ shard, node, role }: Arrival): RuleDecision {
  const present = roleOf(shard, node);
  if (present === undefined) return yes('member', `Node ${node} holds no replica yet.`);
  if (present === 'learner' && role === 'voter') {
    return yes('member', `Node ${node} holds a learner, which would be promoted.`);
  }
  return no('member', `Node ${node} holds a ${present} already.`);
}

function zoneRule({ draft, shard, node, role, leaving }: Arrival): RuleDecision {
  const zone = draft.node(node)?.zone;
  if (role === 'learner') return yes('zone', 'A learner may stand in any zone.');
  const others = votersOf(shard).filter((voter) => voter !== leaving && voter !== node);
  const there = others.filter((voter) => draft.node(voter)?.zone === zone);
  const { zoneReplicasMax } = draft.model;
  const said =
    there.length === 0
      ? `Zone ${zone} holds no other voter of the shard.`
      : `Zone ${zone} holds ${there.length} other voter(s) of the shard, on ${names(there)}; ` +
        `at most ${zoneReplicasMax} may stand in one zone.`;
  return there.length < zoneReplicasMax ? yes('zone', said) : no('zone', said);
}

const loadSlack = 1e-6;

function loadRule({ draft, shard, node }: Arrival): RuleDecision {
  const present = roleOf(shard, node) === undefined ? draft.model.costs.of(shard) : 0;
  const load = draft.load(node) + present;
  const upper = draft.target.upper(node);
  const said =
    `Node ${node} would carry ${load.toFixed(1)} mean shards; ` +
    `its share is ${draft.model.room(node).share.toFixed(1)}, its bound ${upper.toFixed(1)}.`;
  return load <= upper + loadSlack ? yes('load', said) : no('load', said);
}

/** Why the replica on `node` should not be where it is, or why it may stay. */
export function stayingRules(draft: Draft, at: Staying): RuleDecision[] {
  const { shard, node } = at;
  const arrival: Arrival = { draft, shard, node, role: roleOf(shard, node) ?? 'voter' };
  const known = draft.node(node);
  const rules: RuleDecision[] = [];
  if (known === undefined) rules.push(no('state', `Node ${node} is unknown.`));
  else if (known.state === 'dead') {
    rules.push(no('state', `Node ${node} has been dead for ${minutes(draft, known)} minutes.`));
  } else if (!isUp(known)) {
    const after = Math.round(draft.view.settings.deadAfterMs / 60_000);
    const said = `its replicas are rebuilt elsewhere when it is silent for ${after} minutes.`;
    rules.push(yes('state', `Node ${node} is ${known.state}; ${said}`));
  } else rules.push(yes('state', `Node ${node} is up.`));
  rules.push(drainingRule(arrival));
  const pin = pinOf(draft, shard, node);
  if (pin !== undefined) rules.push(pinRule(arrival));
  rules.push(zoneRule(arrival));
  return rules;
}

export interface Staying {
  readonly shard: ViewShard;
  readonly node: NodeId;
}

/** The word of an operator about this shard on this node; one that forbids comes first. */
export function pinOf({ view }: Draft, shard: ViewShard, node: NodeId): Pin | undefined {
  const pins = view.pins.filter((pin) => pin.shard === shard.group && pin.node === node);
  return pins.find((pin) => pin.kind === 'no-replica') ?? pins[0];
}

/** A pin that would be undone if the replica went. */
export function holdingPin(draft: Draft, shard: ViewShard, node: NodeId): Pin | undefined {
  const pin = pinOf(draft, shard, node);
  return pin?.kind === 'no-replica' ? undefined : pin;
}

export function majorityOf(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

export function names(nodes: readonly NodeId[]): string {
  const words = nodes.map((node) => `node ${node}`);
  const last = words.pop() ?? 'no node';
  return words.length === 0 ? last : `${words.join(', ')} and ${last}`;
}

function minutes(draft: Draft, node: { readonly stateSinceMs: number }): number {
  return Math.round((draft.view.nowMs - node.stateSinceMs) / 60_000);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function yes(rule: RuleName, because: string): RuleDecision {
  return { rule, decision: 'yes', because };
}

function no(rule: RuleName, because: string): RuleDecision {
  return { rule, decision: 'no', because };
}
