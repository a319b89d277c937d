/** A failed request says whether its bytes may have left; that is decided by `begin` alone. */
import t from 'tap';
import { OutgoingRequest } from '../../../src/raft/transport/outgoing-request.js';

function make(): { request: OutgoingRequest; outcomes: string[] } {
  const outcomes: string[] = [];
  const request = new OutgoingRequest({
    id: 1,
    body: Buffer.from('x'),
    deadlineMs: 1_000,
    resolve: (answer) => outcomes.push(`answered ${answer}`),
    reject: (error) => outcomes.push(error.failure),
  });
  return { request, outcomes };
}

t.test('before it began a failure means not sent, after it unknown', async (t) => {
  const waiting = make();
  waiting.request.fail('the link is down');
  t.strictSame(waiting.outcomes, ['not-sent']);
  t.equal(waiting.request.begin(0), false, 'and then it is not sent any more');
  const begun = make();
  t.equal(begun.request.begin(0), true);
  begun.request.fail('the link is down');
  t.strictSame(begun.outcomes, ['unknown']);
});

t.test('the time it waited is taken off; at the end of it nothing leaves', async (t) => {
  const { request } = make();
  request.begin(999 - 0.5);
  t.equal(request.timeoutMs, 1);
  const late = make();
  t.equal(late.request.begin(999.5), false);
  t.strictSame(late.outcomes, ['not-sent']);
});

t.test('it is settled once', async (t) => {
  const { request, outcomes } = make();
  request.begin(0);
  request.answer(Buffer.from('yes'));
  request.answer(Buffer.from('again'));
  request.fail('x');
  request.refuse('x');
  t.strictSame(outcomes, ['answered yes']);
});
