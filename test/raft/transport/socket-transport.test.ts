/** The contract on real sockets, and what only real sockets do. */
import t from 'tap';
import { transportContract } from '../../contracts/transport.js';
import { makeNode, SocketWorld } from './socket-cluster.js';

transportContract(t, {
  name: 'sockets',
  requestsInProgressMax: 50,
  makeWorld: () => new SocketWorld({ limits: { requestsInProgressMax: 50 } }),
});
void makeNode;
