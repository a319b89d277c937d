/** The one thing in the transport's vocabulary that acts: an error that says what is known. */
import t from 'tap';
import { RequestError } from '../../../src/raft/transport/types.js';

t.test('a failed request says whether it may have arrived', async (t) => {
  for (const failure of ['not-sent', 'queue-full', 'unknown'] as const) {
    const error = new RequestError(failure, 'no stream to node 2');
    t.match(error, { name: 'RequestError', failure, message: 'no stream to node 2' });
    t.type(error, Error);
  }
});
