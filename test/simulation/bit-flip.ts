/**
 * Changes one bit of a log at rest. Not in the last frame unless that is a seal: damage there
 * cannot be told from a torn write, no log can know better (DESIGN.md of the log), and a node
 * that lost an acknowledged write without knowing it is beyond what any protocol can bear.
 */
import { FRAMES_BEGIN, SEGMENT_HEADER_BYTES } from '../../src/raft/wal/format.js';
import { recover } from '../../src/raft/wal/recovery.js';
import type { BitFlipFault } from './faults.js';
import type { SimulatedDisk } from './simulated-disk.js';

const folder = '/wal';

/** Resolves with where it was, in words. */
export async function flipBit(disk: SimulatedDisk, fault: BitFlipFault): Promise<string> {
  const { tail } = await recover(disk.processKill(1), folder, () => {});
  const { segment, lastFrame } = tail;
  if (segment === undefined || lastFrame === undefined) return 'nothing: the log is empty';
  const places = disk.paths
    .filter((path) => path.endsWith('.wal') && path <= segment.file.path)
    .map((path) => {
      const last = path === segment.file.path;
      const bytes = last ? lastFrame.offset : disk.contentOf(path).length;
      return { path, bytes };
    });
  let at = Math.floor(fault.place * places.reduce((sum, { bytes }) => sum + bytes, 0));
  for (const { path, bytes } of places) {
    if (at < bytes) {
      // Between header and frames there is nothing that anybody would miss.
      const gap = at >= SEGMENT_HEADER_BYTES && at < FRAMES_BEGIN;
      const offset = gap ? at % SEGMENT_HEADER_BYTES : at;
      disk.flipBit(path, offset, fault.bit);
      return `${path} at ${offset}`;
    }
    at -= bytes;
  }
  return 'nothing: the log is empty';
}
