/** The buffer is used again exactly when nobody else holds it. */
import t from 'tap';
import { FrameScratch } from '../../../src/raft/transport/frame-scratch.js';

t.test('kept after a complete write, given away after an incomplete or huge one', async (t) => {
  const scratch = new FrameScratch();
  const { buffer } = scratch.writer;
  scratch.release(true);
  t.equal(scratch.writer.buffer, buffer);
  scratch.release(false);
  t.not(scratch.writer.buffer, buffer);
  scratch.writer.ensure(3_000_000);
  scratch.release(true);
  t.ok(scratch.writer.buffer.length < 100_000);
});
