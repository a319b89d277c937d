/** Frames over a real socket: the reuse signal is true, the last word gets through, one close. */
import t from 'tap';
import { ByteWriter } from '../../../src/raft/transport/byte-writer.js';
import { beginFrame, endFrame } from '../../../src/raft/transport/frame.js';
import { FramedSocket } from '../../../src/raft/transport/framed-socket.js';
import { until } from './socket-cluster.js';
import { socketPair } from './socket-pair.js';

function frameOf(byte: number, length: number): Buffer {
  const writer = new ByteWriter(length + 20);
  beginFrame(writer);
  writer.bytes(Buffer.alloc(length, byte));
  return endFrame(writer);
}

class User {
  readonly frames: Buffer[] = [];
  readonly closed: string[] = [];
  drained = 0;
  onFrame(payload: Buffer): void {
    this.frames.push(Buffer.from(payload));
  }
  onClosed(reason: string): void {
    this.closed.push(reason);
  }
  onDrained(): void {
    this.drained++;
  }
}

t.test('a buffer is overwritten only when write allowed it', async (t) => {
  const [near, far] = await socketPair(t);
  const [from, to] = [new User(), new User()];
  const sender = new FramedSocket(near, 1_000_000, from);
  new FramedSocket(far, 1_000_000, to);
  let frames = 0;
  let kept = 0;
  // Beyond what the kernel takes at once, so that both answers of write occur.
  for (let round = 0; kept < 3 && round < 100; round++) {
    const frame = frameOf(round % 250, 500_000);
    frames++;
    if (sender.write(frame)) frame.fill(0xff);
    else {
      kept++;
      const before = from.drained;
      await until('drained', () => from.drained > before);
      frame.fill(0xff);
    }
  }
  t.equal(kept, 3, 'the kernel cannot take all of it at once');
  await until('all arrived', () => to.frames.length === frames);
  t.ok(to.frames.every((frame, at) => frame.equals(Buffer.alloc(500_000, at % 250))));
});

t.test('closeAfter lets the last frame through and closes both sides once', async (t) => {
  const [near, far] = await socketPair(t);
  const [from, to] = [new User(), new User()];
  const sender = new FramedSocket(near, 1_000, from);
  new FramedSocket(far, 1_000, to);
  sender.closeAfter(frameOf(7, 10), 'refused');
  sender.close('again');
  t.strictSame(from.closed, ['refused']);
  await until('the other side closed', () => to.closed.length > 0);
  t.equal(to.frames.length, 1);
  t.strictSame(to.closed, ['the other side closed the stream']);
  await until('both are gone', () => near.destroyed && far.destroyed);
});

t.test('garbage closes it with the reason', async (t) => {
  const [near, far] = await socketPair(t);
  const user = new User();
  new FramedSocket(far, 1_000, user);
  near.write('this is certainly no frame');
  await until('closed', () => user.closed.length > 0);
  t.match(user.closed[0], /does not begin with the magic number/);
  t.equal(far.destroyed, true);
});
