/**
 * Where a test or the simulator can make the disk fail. Production passes none, which costs one
 * comparison per transaction.
 */
export type StoreAction =
  | 'read'
  | 'commit'
  | 'checkpoint'
  | 'sync-wal'
  | 'sync-database'
  | 'measure'
  | 'incremental-vacuum';

export interface StoreFaults {
  /** Called before the action; throws what the disk would have thrown. */
  before(action: StoreAction): void;
}
