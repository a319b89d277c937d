/** Large appends go in bulk, what would overtake them follows, and heartbeats never do. */
import t from 'tap';
import { transportLimits } from '../../../src/raft/transport/limits.js';
import { StreamChoice } from '../../../src/raft/transport/stream-choice.js';
import type { GroupMessage } from '../../../src/raft/transport/types.js';
import { append, appendResponse } from '../../contracts/transport.js';

const large: GroupMessage = { group: 1, message: append(1, Buffer.alloc(70_000)) };
const small: GroupMessage = { group: 1, message: append(2, Buffer.alloc(10)) };
const other: GroupMessage = { group: 2, message: append(2, Buffer.alloc(10)) };
const ack: GroupMessage = { group: 1, message: appendResponse(2) };

t.test('without a large append everything is control', async (t) => {
  const choice = new StreamChoice(transportLimits());
  t.strictSame(choice.split([small, other, ack], 0), { control: [small, other, ack], bulk: [] });
});

t.test('appends of the group follow a large one for a while', async (t) => {
  const choice = new StreamChoice(transportLimits({ appendFollowsBulkMs: 200 }));
  const first = choice.split([small, large, small, other, ack], 0);
  t.strictSame(first, { control: [small, other, ack], bulk: [large, small] });
  t.strictSame(choice.split([small, ack], 199), { control: [ack], bulk: [small] });
  t.strictSame(choice.split([small], 200).control, [small], 'then they go back');
});

t.test('what is over is forgotten', async (t) => {
  const choice = new StreamChoice(transportLimits({ appendFollowsBulkMs: 200 }));
  choice.split([large], 0);
  choice.forget(199);
  t.strictSame(choice.split([small], 199).bulk, [small]);
  choice.forget(200);
  t.strictSame(choice.split([small], 100).control, [small]);
});
