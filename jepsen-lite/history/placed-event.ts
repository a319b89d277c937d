/** An event and the line of its file that it stands on, so that whoever objects can say where. */
import type { HistoryEvent } from './event.js';

export interface PlacedEvent {
  readonly event: HistoryEvent;
  readonly line: number;
}
