/** Requests of other nodes find who takes them. */
import t from 'tap';
import { PeerRequests } from '../../src/kv/peer-requests.js';

t.test('by the first byte; what nobody knows is answered like an unreadable one', async (t) => {
  const answer = (text: string) => async () => Buffer.from(text);
  const requests = new PeerRequests(new Map([[0x10, answer('piece')]]), answer('forwarded'));
  const serve = async (...bytes: number[]) =>
    `${await requests.serve({ from: 2, body: Buffer.from(bytes), timeoutMs: 1 })}`;
  t.equal(await serve(0x10, 7), 'piece');
  t.equal(await serve(1), 'forwarded');
  t.equal(await serve(0x77), 'forwarded');
  t.equal(await serve(), 'forwarded');
});
