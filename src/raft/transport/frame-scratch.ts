/**
 * The one buffer in which all streams of a transport build their frames.
 *
 * Almost always the kernel takes a frame within the write call and the buffer serves the next one.
 * When it does not, the socket keeps the buffer and the scratch starts a new one.
 */
import { ByteWriter } from './byte-writer.js';

const startBytes = 64 * 1024;
/** A buffer that grew beyond this for a rare large frame is not kept. */
const keptBytesMax = 1024 * 1024;

export class FrameScratch {
  writer = new ByteWriter(startBytes);

  /** After a write: may the buffer be used again? */
  release(reusable: boolean): void {
    if (reusable && this.writer.buffer.length <= keptBytesMax) return;
    this.writer = new ByteWriter(startBytes);
  }
}
