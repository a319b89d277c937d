/** One frame per peer and turn, whatever number of groups spoke. */
import t from 'tap';
import { OutgoingFrames } from '../../src/raft/outgoing-frames.js';
import type { GroupMessage } from '../../src/raft/transport/types.js';
import { HostWorld, replicaOf } from './host-world.js';

t.test('messages to one node travel together, in order; each leaves once', async (t) => {
  const { host } = new HostWorld(t, { groups: 2 }).at(1);
  const [one, two] = [host.group(1), host.group(2)];
  if (one === undefined || two === undefined) throw new Error('two groups were made');
  const to = (node: number, context: number) => {
    const ends = { from: replicaOf(1), to: replicaOf(node), term: 1 };
    return { type: 'heartbeat-response', ...ends, context } as const;
  };
  const frames = new OutgoingFrames();
  const sent: [number, readonly GroupMessage[]][] = [];
  const transport = { send: (...frame: [number, readonly GroupMessage[]]) => sent.push(frame) };
  frames.send(transport);
  frames.add(one, to(2, 1));
  frames.add(two, to(3, 2));
  frames.add(two, to(2, 3));
  frames.send(transport);
  frames.send(transport);
  t.same(sent, [
    [
      2,
      [
        { group: 1, message: to(2, 1) },
        { group: 2, message: to(2, 3) },
      ],
    ],
    [3, [{ group: 2, message: to(3, 2) }]],
  ]);
  t.notOk(frames.add(one, to(9, 1)), 'nobody knows where that replica lives');
  one.heardFrom(replicaOf(9), 4);
  t.ok(frames.add(one, to(9, 1)), 'it has spoken');
  frames.send(transport);
  t.same(sent[2], [4, [{ group: 1, message: to(9, 1) }]]);
});
