/** How plans are made, as far as whoever keeps and executes them needs to know. */
import type { ClusterView } from './cluster-view.js';
import type { Goal, PlanOutcome } from './plan.js';

export interface Planner {
  plan(view: ClusterView, goal: Goal): PlanOutcome;
  /** What the cluster would do by itself now, safety first. */
  standing(view: ClusterView): PlanOutcome;
}
