/**
 * The way back from a job: its done steps undone, the last one first. A plan like any other, to be
 * read before it is executed; refused where the shards are not as the job left them.
 */
import { KvError } from '../errors.js';
import type { ClusterView, ViewShard } from './cluster-view.js';
import { Draft } from './draft.js';
import type { JobDocument, JobStep } from './job-document.js';
import { isActive } from './job-document.js';
import type { StepAction } from './plan.js';
import type { DraftedPlan } from './plan-commands.js';
import { actionInWords } from './plan-document.js';
import { clusterScore } from './score.js';

const lifetimeMs = 10 * 60_000;
const secondsPerStep = 2;

export function rollbackPlan(view: ClusterView, job: JobDocument): DraftedPlan {
  if (isActive(job)) {
    const words = `Job ${job.id} is ${job.state}; cancel it, or wait for its end.`;
    throw new KvError('plan_refused', { refusal: 'job_active' }, words);
  }
  const draft = new Draft(view);
  for (const step of job.steps.filter(({ state }) => state === 'done').reverse()) {
    const inverse = inverseOf(step, () => draft.takeGroup());
    if (inverse === undefined) draft.warn(`Nothing undoes: ${actionInWords(step.action)}.`);
    else undo(draft, inverse, step);
  }
  const { steps } = draft;
  if (steps.length === 0) {
    throw new KvError('nothing_to_do', {}, `Job ${job.id} has done nothing that could be undone.`);
  }
  const bytes = steps.reduce((sum, step) => sum + step.bytes, 0);
  const { maxConcurrent, maxBytesPerSecond } = view.settings.balancer;
  const seconds = (steps.length * secondsPerStep) / maxConcurrent + bytes / maxBytesPerSecond;
  return {
    goal: { kind: 'rollback', job: job.id },
    baseEpoch: view.epoch,
    createdAtMs: view.nowMs,
    expiresAtMs: view.nowMs + lifetimeMs,
    intents: [],
    steps,
    bytes,
    estimatedSeconds: Math.ceil(seconds),
    score: { before: clusterScore(view), after: clusterScore(draft.after()) },
    healthyVotersMin: Number.isFinite(draft.healthyVotersMin) ? draft.healthyVotersMin : 0,
    warnings: [...draft.warnings, ...pinWarnings(view, steps)],
  };
}

function undo(draft: Draft, inverse: StepAction, step: JobStep): void {
  const obstacle = obstacleTo(draft, inverse);
  if (obstacle !== undefined) {
    const words = `${obstacle} The shards are not as the job left them; plan the goal anew.`;
    throw new KvError('plan_refused', { refusal: 'moved_on' }, words);
  }
  draft.push(inverse, `It undoes: ${actionInWords(step.action)}.`);
}

/** Undefined: there is nothing to be gone back to. */
function inverseOf({ action, before }: JobStep, takeGroup: () => number): StepAction | undefined {
  switch (action.kind) {
    case 'move':
      return { kind: 'move', shard: action.shard, from: action.to, to: action.from };
    case 'add-replica':
      return { kind: 'remove-replica', shard: action.shard, node: action.node };
    case 'remove-replica': {
      const { shard, node } = action;
      return { kind: 'add-replica', shard, node, role: before?.role ?? 'voter' };
    }
    case 'transfer-leader': {
      const to = before?.leader;
      if (to === undefined || to === action.to) return undefined;
      return { kind: 'transfer-leader', shard: action.shard, to };
    }
    case 'split':
      return { kind: 'merge', left: action.shard, right: action.child };
    case 'merge': {
      const at = before?.at;
      if (at === undefined) return undefined;
      return { kind: 'split', shard: action.left, at, child: takeGroup() };
    }
  }
}

/** What stands in the way, in words. */
function obstacleTo(draft: Draft, action: StepAction): string | undefined {
  const groups = action.kind === 'merge' ? [action.left, action.right] : [action.shard];
  const missing = groups.find((group) => !draft.has(group));
  if (missing !== undefined) return `There is no shard ${missing} any more.`;
  const [first, second] = groups.map((group) => draft.shard(group));
  if (first === undefined) return undefined;
  switch (action.kind) {
    case 'move':
      return missingMember(first, action.from) ?? presentMember(first, action.to);
    case 'add-replica':
      return presentMember(first, action.node);
    case 'remove-replica':
      return missingMember(first, action.node);
    case 'transfer-leader':
      return missingMember(first, action.to);
    case 'split': {
      const { start, end } = first.range;
      return action.at > start && action.at < end ? undefined : 'The border is elsewhere now.';
    }
    case 'merge':
      return first.range.end === second?.range.start ? undefined : 'They are not neighbours.';
  }
}

function missingMember({ group, members }: ViewShard, node: number): string | undefined {
  const found = members.some((member) => member.node === node);
  return found ? undefined : `Node ${node} is no member of shard ${group}.`;
}

function presentMember({ group, members }: ViewShard, node: number): string | undefined {
  const found = members.some((member) => member.node === node);
  return found ? `Node ${node} is a member of shard ${group} already.` : undefined;
}

function pinWarnings({ pins }: ClusterView, steps: readonly StepAction[]): string[] {
  return pins.flatMap((pin) => {
    const against = steps.some((step) => {
      if (step.kind === 'move') return goesAgainst(pin, step.shard, step.to, step.from);
      if (step.kind === 'add-replica') return goesAgainst(pin, step.shard, step.node, undefined);
      return step.kind === 'remove-replica' && goesAgainst(pin, step.shard, undefined, step.node);
    });
    return against ? [`It goes against pin ${pin.id}.`] : [];
  });
}

function goesAgainst(
  pin: ClusterView['pins'][number],
  shard: number,
  comes: number | undefined,
  goes: number | undefined,
): boolean {
  if (pin.shard !== shard) return false;
  return pin.kind === 'no-replica' ? pin.node === comes : pin.node === goes;
}
