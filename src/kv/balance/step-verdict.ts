/** What a look at the world says about a step of a job. */
import type { GroupId, NodeId } from '../../raft/core/types.js';
import type { MembershipRequest } from '../service.js';
import type { MergeRequest, Sighting, SplitRequest } from './cluster-control.js';
import type { ClusterDocuments } from './cluster-documents.js';
import type { StepState } from './job-document.js';

/** What a step asks of a shard next. */
export type StepRequest =
  | { readonly kind: 'members'; readonly shard: GroupId; readonly request: MembershipRequest }
  | { readonly kind: 'transfer'; readonly shard: GroupId; readonly to: NodeId }
  | ({ readonly kind: 'split' } & SplitRequest)
  | ({ readonly kind: 'merge' } & MergeRequest);

export type StepVerdict =
  /** The shard is as the step wants it. */
  | { readonly kind: 'done'; readonly because: string }
  /** Nothing of the step is left in the world. */
  | { readonly kind: 'undone'; readonly because: string }
  | {
      readonly kind: 'request';
      readonly state: StepState;
      readonly because: string;
      readonly request: StepRequest;
    }
  | { readonly kind: 'wait'; readonly state: StepState; readonly because: string }
  /** It cannot be reached any more. */
  | { readonly kind: 'failed'; readonly because: string };

/** `back`: the job is to end; what was begun is undone, or completed where that is the safe way. */
export type Heading = 'forward' | 'back';

/** What a verdict is made from. */
export interface StepWorld {
  readonly heading: Heading;
  /** Of every shard of the step. */
  readonly sightings: ReadonlyMap<GroupId, Sighting>;
  readonly documents: Pick<ClusterDocuments, 'nodes' | 'shards' | 'settings'>;
}

export const done = (because: string): StepVerdict => ({ kind: 'done', because });
export const undone = (because: string): StepVerdict => ({ kind: 'undone', because });
export const failed = (because: string): StepVerdict => ({ kind: 'failed', because });
export const wait = (state: StepState, because: string): StepVerdict => ({
  kind: 'wait',
  state,
  because,
});
