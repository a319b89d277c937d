/** Frames over a real socket: the reuse signal is true, the last word gets through, one close. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { ByteWriter } from '../../../src/raft/transport/byte-writer.js';
import { beginFrame, endFrame } from '../../../src/raft/transport/frame.js';
import { FramedSocket } from '../../../src/raft/transport/framed-socket.js';
import { until } from './socket-cluster.js';

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

async function pair(t: Test): Promise<[Socket, Socket]> {
  const server = createServer({ allowHalfOpen: true });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const near = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  const far = await accepted;
  t.teardown(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  return [near, far];
}

t.test(
  'a buffer overwritten when write said it may be is not seen on the other side',
  async (t) => {
    const [near, far] = await pair(t);
    const [from, to] = [new User(), new User()];
    const sender = new FramedSocket(near, 1_000_000, from);
    new FramedSocket(far, 1_000_000, to);
    let frames = 0;
    let kept = 0;
    // Beyond what the kernel takes at once, so that both answers of write occur.
    for (let round = 0; kept < 3; round++) {
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
    await until('all arrived', () => to.frames.length === frames);
    t.ok(to.frames.every((frame, at) => frame.equals(Buffer.alloc(500_000, at % 250))));
  },
);

t.test('closeAfter lets the last frame through and closes both sides once', async (t) => {
  const [near, far] = await pair(t);
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
  const [near, far] = await pair(t);
  const user = new User();
  new FramedSocket(far, 1_000, user);
  near.write('this is certainly no frame');
  await until('closed', () => user.closed.length > 0);
  t.match(user.closed[0], /does not begin with the magic number/);
  t.equal(far.destroyed, true);
});
